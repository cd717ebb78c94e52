#!/usr/bin/env bash
# Builds the floor client, once per set of sources. Prints the folder that holds it, and nothing
# else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/../../../tests/tools/cache.sh"

need go "https://go.dev/dl (1.26 or newer), or your distribution's package golang-go"
need flock "package util-linux"

build() { # INTO: fills the folder
  (cd "$here" && GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0 \
    go build -buildvcs=false -trimpath -ldflags='-s -w' -o "$1/floor" .) >&2
}

key=$({
  cat "$here"/go.{mod,sum} "$here/main.go" "${BASH_SOURCE[0]}"
  go env GOVERSION GOOS GOARCH
} | digest)
cached "floor/$key" build
