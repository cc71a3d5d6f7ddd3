#!/usr/bin/env bash
# Installs what `make bench` puts beside bulknum: nginx as the API (with its echo module, so that an answer names the
# number that was asked for), and vegeta, into bin/.
#
#   bash bench/peers.sh
#
# On Debian, as root where packages are missing. Not part of continuous integration: figures mean something on a machine
# that does nothing else. A browser (chromium) is for the pages' figures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VEGETA=v12.13.0

packages() {
  command -v nginx >/dev/null || echo nginx-light
  [ -e /usr/lib/nginx/modules/ngx_http_echo_module.so ] || echo libnginx-mod-http-echo
  command -v "${CHROMIUM:-chromium}" >/dev/null || echo chromium fonts-dejavu-core
}

missing=$(packages | xargs)
if [ -n "$missing" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # shellcheck disable=SC2086 # one word a package
  apt-get install -q -y --no-install-recommends $missing
fi
[ -x bin/vegeta ] || GOBIN="$PWD/bin" "${GO:-go}" install "github.com/tsenart/vegeta/v12@$VEGETA"
