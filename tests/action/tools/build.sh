#!/usr/bin/env bash
# Builds `act`, which runs workflows in the tests of the action, once per pinned version. Prints the
# folder that holds it, and nothing else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/../../tools/cache.sh"

need go "https://go.dev/dl (1.26 or newer), or your distribution's package golang-go"
need flock "package util-linux"

build() { # INTO: fills the folder
  (cd "$here" && GOWORK=off GOFLAGS=-mod=readonly go build -buildvcs=false -ldflags='-s -w' \
    -o "$1/act" github.com/nektos/act) >&2
}

key=$({
  cat "$here"/go.{mod,sum} "${BASH_SOURCE[0]}"
  go env GOVERSION GOOS GOARCH
} | digest)
cached "act/$key" build
