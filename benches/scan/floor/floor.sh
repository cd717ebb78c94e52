#!/usr/bin/env bash
# The floor: the least that must happen to read all pods. kubectl lists them, and a client that does
# nothing else asks each for its descriptors.
#   floor.sh NAMESPACE SELECTOR
# Needs KUBECTL and FLOOR (paths) and KUBECONFIG. Prints what the client prints.
set -euo pipefail
"$KUBECTL" -n "$1" get pods -l "$2" --field-selector status.phase=Running \
  -o jsonpath='{range .items[*]}{.status.podIP}:50051{"\n"}{end}' | xargs "$FLOOR"
