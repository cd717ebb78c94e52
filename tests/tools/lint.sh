#!/usr/bin/env bash
# Builds what workflows, action definitions and examples are checked with: actionlint, zizmor,
# check-jsonschema (GitHub's and GitLab's schemas inside) and a strict reader of Kubernetes manifests,
# once per set of pinned versions. Prints the folder that holds them, and nothing else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/cache.sh"

need go "https://go.dev/dl (1.26 or newer), or your distribution's package golang-go"
need python3 "your distribution's packages python3 and python3-venv"
need flock "package util-linux"

build() { # INTO: fills the folder
  local into=$1
  (cd "$here/lint" && GOWORK=off GOFLAGS=-mod=readonly go build -buildvcs=false -ldflags='-s -w' \
    -o "$into/actionlint" github.com/rhysd/actionlint/cmd/actionlint) >&2
  (cd "$here/manifests" && GOWORK=off GOFLAGS=-mod=readonly go build -buildvcs=false -ldflags='-s -w' \
    -o "$into/manifests" .) >&2
  python3 -m venv "$into/python" >&2
  "$into/python/bin/pip" install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r "$here/lint/requirements.txt" >&2
}

key=$({
  cat "$here"/lint/go.{mod,sum} "$here"/manifests/{go.mod,go.sum,main.go} \
    "$here/lint/requirements.txt" "${BASH_SOURCE[0]}"
  go env GOVERSION GOOS GOARCH
  python3 --version
} | digest)
cached "lint/$key" build
