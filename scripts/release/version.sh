#!/usr/bin/env bash
# What a release tag means: checks that the tag, Cargo.toml and CHANGELOG.md speak of one version, and
# prints NAME=VALUE lines for the release workflow:
#   version=1.2.3  major=1  prerelease=true|false  moves=true|false
# `moves` says whether the tags of the major version (git's v1, the image's 1) follow this release: not
# for a pre-release, nor for a fix of an older version than the newest released one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  echo "release: $*" >&2
  exit 1
}

tag=${1:?usage: version.sh TAG}
number='(0|[1-9][0-9]*)'
[[ $tag =~ ^v($number\.$number\.$number)(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "the tag $tag is no version: expected vMAJOR.MINOR.PATCH, such as v1.2.3 or v1.2.3-rc.1"
version=${tag#v} major=${BASH_REMATCH[2]} prerelease=false
[[ -z ${BASH_REMATCH[5]} ]] || prerelease=true

declared=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
[[ $declared == "$version" ]] ||
  fail "the tag says $version and Cargo.toml says $declared: set the version, commit, and tag that commit"
scripts/release/notes.sh "$version" >/dev/null

moves=true
if [[ $prerelease == true ]]; then
  moves=false
else
  newest=$({
    echo "$tag"
    git tag --list "v$major.*"
  } | grep -Ex "v$number\.$number\.$number" | sort -V | tail -n 1)
  [[ $newest == "$tag" ]] || moves=false
fi
printf '%s\n' "version=$version" "major=$major" "prerelease=$prerelease" "moves=$moves"
