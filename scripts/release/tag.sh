#!/usr/bin/env bash
# Makes the release tag the one that users run: with the prebuilt image in action.yml, and the binaries'
# addresses and sums in host/release.txt. A checkout's action.yml says `image: Dockerfile` and builds;
# who uses a release should wait for no build and get exactly what was signed. So the tag, which so far
# points at the commit on main, is moved once, before the release is published, to a commit on top of it
# that no branch holds and that changes those two files alone.
#   tag.sh TAG IMAGE@sha256:DIGEST SHA256SUMS BASE-URL
# Run in a work tree at the tagged commit; prints the new commit. Running it again is harmless, and a tag
# that points anywhere else by now is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  echo "release: $*" >&2
  exit 1
}

(($# == 4)) || fail "usage: tag.sh TAG IMAGE@sha256:DIGEST SHA256SUMS BASE-URL"
tag=$1 image=$2 sums=$(cat "$3") base=$4
remote=${PROTODIFF_RELEASE_REMOTE:-origin}
[[ $image =~ ^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$ ]] ||
  fail "$image is no image by digest: expected NAME@sha256:64 hexadecimal digits, in lower case"

head=$(git rev-parse 'HEAD^{commit}')
found=$(git ls-remote "$remote" "refs/tags/$tag" | cut -f 1)
[[ -n $found ]] || fail "$remote has no tag $tag"
git fetch --quiet --no-tags "$remote" "refs/tags/$tag"
tagged=$(git rev-parse 'FETCH_HEAD^{commit}')
if [[ $tagged != "$head" ]]; then
  parent=$(git rev-parse --quiet --verify "$tagged^1" || true)
  [[ $parent == "$head" && $(git diff --name-only "$head" "$tagged") == $'action.yml\nhost/release.txt' ]] ||
    fail "the tag $tag points at $tagged by now, which is neither $head nor this script's own commit: look who moved it"
fi

lines=$(git show "$head:action.yml" | grep -cxE '  image: Dockerfile' || true)
[[ $lines == 1 ]] ||
  fail "action.yml has $lines lines \"  image: Dockerfile\", where one is expected"
action=$(git show "$head:action.yml" | sed "s|^  image: Dockerfile\$|  image: docker://$image|" | git hash-object -w --stdin)
binaries=$(grep -xE '[0-9a-f]{64}  protodiff-linux-(amd64|arm64)' <<< "$sums" | sed "s|  |  $base/|" || true)
[[ $(wc -l <<< "$binaries") == 2 ]] ||
  fail "$3 should have a line each for protodiff-linux-amd64 and protodiff-linux-arm64"
release=$(git hash-object -w --stdin <<< "$binaries")

index=$(mktemp -u)
trap 'rm -f "$index"' EXIT
export GIT_INDEX_FILE=$index
git read-tree "$head"
git update-index --add --cacheinfo "100644,$action,action.yml" --cacheinfo "100644,$release,host/release.txt"
tree=$(git write-tree)
unset GIT_INDEX_FILE

# The same tag and image give the same commit, so that a second run changes nothing.
when=$(git show -s --format=%cI "$head")
export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
export GIT_AUTHOR_EMAIL='41898282+github-actions[bot]@users.noreply.github.com'
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE=$when GIT_COMMITTER_DATE=$when
commit=$(git commit-tree "$tree" -p "$head" -m "$tag: the action runs what this release built")

if [[ $commit != "$tagged" ]]; then
  git push --quiet --force-with-lease="refs/tags/$tag:$found" "$remote" "$commit:refs/tags/$tag" >&2
fi
echo "$commit"
