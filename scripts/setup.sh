#!/usr/bin/env bash
# Makes sure that what the tests need is installed: the pinned Rust toolchain, and Go, Node, Python,
# a JDK, Maven and gRPC for C++ for the servers and the cluster that the tests run against, a
# docker engine for the image, a browser for the HTML report, and shellcheck. As root on Debian and its
# relatives it installs what is missing; elsewhere it says what to install.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if ! command -v rustup >/dev/null; then
  command -v cargo >/dev/null || { echo "setup: install Rust with rustup (https://rustup.rs)" >&2; exit 1; }
elif ! { rustup toolchain list | grep -q "^$channel" &&
  rustup component list --toolchain "$channel" --installed | grep -q '^clippy' &&
  rustup component list --toolchain "$channel" --installed | grep -q '^rustfmt' &&
  rustup target list --toolchain "$channel" --installed | grep -q musl; }; then
  rustup toolchain install "$channel" --profile minimal -c rustfmt -c clippy -t x86_64-unknown-linux-musl >&2
fi

packages=()
lacks() { # COMMAND PACKAGE
  command -v "$1" >/dev/null || packages+=("$2")
}
lacks gcc build-essential
lacks git git
lacks go golang-go
lacks node nodejs
lacks npm npm
lacks python3 python3
lacks javac default-jdk-headless
lacks mvn maven
lacks g++ g++
lacks protoc protobuf-compiler
lacks grpc_cpp_plugin protobuf-compiler-grpc
lacks flock util-linux
lacks musl-gcc musl-tools
lacks shellcheck shellcheck
lacks dockerd docker.io
lacks iptables iptables
lacks ip iproute2
lacks unshare util-linux
lacks chromium chromium
if command -v python3 >/dev/null && ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  packages+=(python3-venv)
fi
if ! g++ -x c++ -fsyntax-only -include grpcpp/ext/proto_server_reflection_plugin.h /dev/null 2>/dev/null; then
  packages+=(libgrpc++-dev)
fi
if ((${#packages[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "setup: installing ${packages[*]}" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
  else
    echo "setup: missing; install these (names of Debian's packages): ${packages[*]}" >&2
    exit 1
  fi
fi
# Newer Debians have docker's client in packages of its own.
if ! command -v docker >/dev/null && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-cli docker-buildx >&2
fi
