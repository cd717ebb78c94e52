#!/usr/bin/env bash
# Installs who judges the formats of others, once per set of pinned versions. Prints the folder that
# holds them and the scripts that ask them, and nothing else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/../../tools/cache.sh"

need node "https://nodejs.org, or your distribution's package nodejs"
need npm "https://nodejs.org, or your distribution's package npm"
need flock "package util-linux"

build() { # INTO: fills the folder
  cp "$here"/{package.json,package-lock.json,.npmrc} "$here"/*.mjs "$1"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) >&2
}

key=$(cat "$here"/package-lock.json "$here"/*.mjs "${BASH_SOURCE[0]}" | digest)
cached "formats/$key" build
