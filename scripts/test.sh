#!/usr/bin/env bash
# Sets up and runs every test: unit, command line, reflection, real servers in six languages, scans
# through a real kube-apiserver, the image and the action with a docker engine, and the stand-in for
# GitHub's API against the real client.
# Arguments go to `cargo test`, for example:
#   scripts/test.sh --test cluster_scan
# The first run builds the servers, the API server and `act`, which takes some minutes; later runs
# find them in ${PROTODIFF_TEST_CACHE:-~/.cache/protodiff-test}.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
echo "test: building the fixture servers" >&2
tests/fixtures/servers/build.sh >/dev/null
echo "test: fetching buf" >&2
tests/tools/build.sh >/dev/null
echo "test: building the test registry" >&2
tests/fixtures/registry/build.sh >/dev/null
echo "test: fetching the judges of report formats" >&2
tests/formats/tools/build.sh >/dev/null
echo "test: building the API-server test bed" >&2
tests/cluster/build.sh >/dev/null
echo "test: building the GitHub stand-in" >&2
github=$(tests/fixtures/github/build.sh)
echo "test: building act" >&2
tests/action/tools/build.sh >/dev/null
echo "test: building what workflows and examples are checked with" >&2
tests/tools/lint.sh >/dev/null
if (($#)); then
  exec cargo test --locked "$@"
fi
status=0
(cd "$github" && node --test --test-reporter=spec) || status=$?
cargo test --locked --no-fail-fast --lib --bins --tests || status=$?
exit "$status"
