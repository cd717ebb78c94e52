#!/usr/bin/env bash
# Fetches the static binary of the release that this action is of, and checks it: release.txt, which
# the release writes beside this file, has a line `SHA-256 URL` for each architecture. Says where the
# binary is in the step's output `binary`. PROTODIFF_BINARY names one that is here already.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() { # CAUSE HELP
  echo "::error title=protodiff::$1. $2" >&2
  exit 4
}

use() { # BINARY
  "$1" --version || fail "$1 does not run on this runner" "Use the container action, or a runner with Linux on amd64 or arm64."
  echo "binary=$1" >>"$GITHUB_OUTPUT"
  exit 0
}

[[ -z ${PROTODIFF_BINARY:-} ]] || use "$PROTODIFF_BINARY"

case $(uname -s)-$(uname -m) in
  Linux-x86_64) architecture=linux-amd64 ;;
  Linux-aarch64 | Linux-arm64) architecture=linux-arm64 ;;
  *) fail "there is no binary for $(uname -sm)" "Use a runner with Linux on amd64 or arm64." ;;
esac

line=$(grep -sE "^[0-9a-f]{64}  [^ ]+-$architecture\$" "$here/release.txt" | head -1 || true)
[[ -n $line ]] ||
  fail "this reference of the action is no release, so it names no binary for $architecture" \
    "Use a released tag (or its commit), or build protodiff in a step before this one and name it with the variable PROTODIFF_BINARY."
sum=${line%% *} url=${line##* }

folder=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:?}}/protodiff/$sum
binary=$folder/protodiff
holds() { echo "$sum  $1" | sha256sum --check --status -; }
if [[ -f $binary ]] && holds "$binary"; then
  use "$binary"
fi
mkdir -p "$folder"
part=$(mktemp "$folder/part.XXXXXX")
trap 'rm -f "$part"' EXIT
curl --fail --silent --show-error --location --proto '=https,http' --retry 3 --retry-delay 2 \
  --connect-timeout 15 --max-time 300 --output "$part" "$url" ||
  fail "$url cannot be fetched" "May this runner reach it? A self-hosted one can have the binary already: PROTODIFF_BINARY."
holds "$part" || fail "$url is not the file that this release was made with (its SHA-256 is another)" "Do not use it; tell the maintainers."
chmod 0755 "$part"
mv "$part" "$binary"
use "$binary"
