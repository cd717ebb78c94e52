#!/usr/bin/env bash
# Puts together the files of the image for one architecture, as the Dockerfile's stage `prebuilt`
# takes them:
#   scripts/image-tree.sh CONTEXT/dist/amd64 PROTODIFF BUF [CA-CERTIFICATES]
set -euo pipefail
if (($# < 3)); then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
into=$1 protodiff=$2 buf=$3 certificates=${4:-}
if [[ -z $certificates ]]; then
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [[ -s $file ]] && certificates=$file && break
  done
fi
[[ -n $certificates ]] || { echo "image-tree: no CA certificates on this machine: name a PEM file" >&2; exit 1; }
if ldd "$protodiff" 2>&1 | grep -q '=>'; then
  echo "image-tree: $protodiff is linked dynamically and would not start in the image" >&2
  exit 1
fi
mkdir -p "$into/etc/ssl/certs"
install -d -m 1777 "$into/tmp"
install -m 0755 "$protodiff" "$into/protodiff"
install -m 0755 "$buf" "$into/buf"
install -m 0644 "$certificates" "$into/etc/ssl/certs/ca-certificates.crt"
