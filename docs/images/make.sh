#!/usr/bin/env bash
# Makes the pictures of the README anew, from the binary of these sources. Needs Node, chromium and
# a font with emoji (Debian: chromium, fonts-noto-color-emoji).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
cargo build --locked --quiet
stand_in=$(tests/fixtures/github/build.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/{package.json,package-lock.json,pictures.mjs} "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent) >&2
node "$work/pictures.mjs" "${CARGO_TARGET_DIR:-target}/debug/protodiff" "$stand_in" "$(command -v chromium)" "$here"
