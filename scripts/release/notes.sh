#!/usr/bin/env bash
# Prints the section of a version in CHANGELOG.md, without its heading: the text of the release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=${1:?usage: notes.sh VERSION}
notes=$(awk -v version="$version" '
  /^## / {
    name = $2
    gsub(/[][]/, "", name)
    inside = name == version
    next
  }
  inside
' CHANGELOG.md | sed -e '/./,$!d')
if [[ -z $notes ]]; then
  echo "release: CHANGELOG.md has nothing under the heading \"## $version\": rename \"## Unreleased\" to \"## $version - $(date -u +%F)\"" >&2
  exit 1
fi
printf '%s\n' "$notes"
