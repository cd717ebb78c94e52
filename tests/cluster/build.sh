#!/usr/bin/env bash
# Builds what the API-server test bed runs: kube-apiserver, etcd, kubectl and kwok, once per set of
# pinned versions. Prints the folder that holds them, and nothing else, on stdout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tools/cache.sh
source "$here/../tools/cache.sh"

need go "https://go.dev/dl (1.26 or newer), or your distribution's package golang-go"
need flock "package util-linux"

assets=${KUBEBUILDER_ASSETS:-}
if [[ -n $assets && ! (-x $assets/kube-apiserver && -x $assets/etcd) ]]; then
  log "KUBEBUILDER_ASSETS=$assets has no kube-apiserver and etcd: building them"
  assets=
fi

build() { # INTO: fills the folder
  local into=$1
  if [[ -n $assets ]]; then
    ln -s "$assets/kube-apiserver" "$assets/etcd" "$into/"
    [[ -x $assets/kubectl ]] && ln -s "$assets/kubectl" "$into/"
  fi
  if [[ ! -x $into/kubectl || ! -x $into/kube-apiserver ]]; then
    log "building the API server's parts (some minutes when Go's build cache is cold)"
    if [[ ! -x $into/kube-apiserver ]]; then
      go_build tools "$into/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
      go_build tools "$into/etcd" go.etcd.io/etcd/server/v3
    fi
    [[ -x $into/kubectl ]] || go_build tools "$into/kubectl" k8s.io/kubernetes/cmd/kubectl
  fi
  go_build tools-kwok "$into/kwok" sigs.k8s.io/kwok/cmd/kwok
}

go_build() { # MODULE OUT PACKAGE
  (cd "$here/$1" && GOWORK=off GOFLAGS=-mod=readonly go build -buildvcs=false -ldflags='-s -w' -o "$2" "$3") >&2
}

key=$({
  cat "$here"/tools/go.{mod,sum} "$here"/tools-kwok/go.{mod,sum} "${BASH_SOURCE[0]}"
  go env GOVERSION GOOS GOARCH
  echo "$assets"
} | digest)
cached "cluster/$key" build
