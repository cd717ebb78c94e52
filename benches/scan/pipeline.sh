#!/usr/bin/env bash
# What there is without protodiff: a script that takes pod after pod, forwards its port, saves what
# it serves with grpcurl and compares that with buf. The other side of the benchmark.
#   pipeline.sh NAMESPACE SELECTOR MODULE FOLDER
# Needs KUBECTL, GRPCURL, BUF (paths) and KUBECONFIG. Prints `same POD` or `differs POD` for each
# pod, leaves FOLDER/POD.binpb, and exits with 1 if a pod differs.
set -euo pipefail
namespace=$1 selector=$2 module=$3 folder=$4
mkdir -p "$folder"
cd "$folder"

forward=
trap '[[ -z $forward ]] || kill "$forward" 2>/dev/null' EXIT
fifo=$folder/forward
mkfifo "$fifo"
"$BUF" build "$module" -o truth.binpb
mapfile -t pods < <("$KUBECTL" -n "$namespace" get pods -l "$selector" \
  --field-selector status.phase=Running -o name)

status=0
for pod in "${pods[@]}"; do
  name=${pod#pod/}
  "$KUBECTL" -n "$namespace" port-forward "$pod" :50051 >"$fifo" &
  forward=$!
  exec 4<"$fifo"
  read -rt 20 line <&4 # Forwarding from 127.0.0.1:40123 -> 50051
  port=${line#Forwarding from 127.0.0.1:}
  "$GRPCURL" -plaintext -max-time 20 -protoset-out "$name.binpb" "127.0.0.1:${port%% *}" describe >/dev/null
  # Without --limit-to-input-files, files of the module that no service reaches count as deleted.
  if "$BUF" breaking "$name.binpb" --against truth.binpb --limit-to-input-files >"$name.txt"; then
    echo "same $name"
  else
    echo "differs $name"
    status=1
  fi
  kill "$forward"
  wait "$forward" || true
  forward=
  exec 4<&-
done
exit "$status"
