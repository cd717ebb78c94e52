# Sourced by the build scripts of the tests: builds a folder once, keeps it in the user's cache.
# Not a script of its own.

log() { echo "$*" >&2; }

need() { # COMMAND WHERE-TO-GET-IT
  command -v "$1" >/dev/null || {
    log "the tests need \`$1\`, which is not on PATH: install it from $2"
    exit 1
  }
}

digest() { sha256sum | cut -c1-16; }

# Prints the folder NAME of the cache, after BUILDER has filled it if it was not there. Two callers
# at once build once; a build that is interrupted leaves nothing behind that looks finished.
cached() { # NAME BUILDER
  local root=${PROTODIFF_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/protodiff-test}
  local folder=$root/$1
  if [[ ! -d $folder ]]; then
    mkdir -p "$(dirname "$folder")"
    exec 9>"$folder.lock"
    flock 9
    if [[ ! -d $folder ]]; then
      rm -rf "$folder".new
      mkdir "$folder".new
      "$2" "$folder".new 9>&-
      mv "$folder".new "$folder"
    fi
    exec 9>&-
  fi
  echo "$folder"
}
