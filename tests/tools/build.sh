#!/usr/bin/env bash
# Builds the tools that the tests and the benchmark measure against: the real buf and grpcurl, once
# per set of pinned versions. Prints the folder that holds them, and nothing else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/cache.sh"

need go "https://go.dev/dl (1.26 or newer), or your distribution's package golang-go"
need npm "https://nodejs.org, or your distribution's package npm"
need flock "package util-linux"

build() { # INTO: fills the folder
  local into=$1 node=$1/node
  (cd "$here/grpcurl" && GOWORK=off GOFLAGS=-mod=readonly go build -buildvcs=false -ldflags='-s -w' \
    -o "$into/grpcurl" github.com/fullstorydev/grpcurl/cmd/grpcurl) >&2
  mkdir "$node"
  cp "$here"/node/{package.json,package-lock.json,.npmrc} "$node"
  (cd "$node" && npm ci --ignore-scripts --no-audit --no-fund) >&2
  cp "$node"/node_modules/@bufbuild/buf-*/bin/buf "$into/buf"
  rm -rf "$node"
}

key=$({
  cat "$here"/grpcurl/go.{mod,sum} "$here"/node/package-lock.json "${BASH_SOURCE[0]}"
  go env GOVERSION GOOS GOARCH
} | digest)
cached "tools/$key" build
