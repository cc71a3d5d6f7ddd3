#!/usr/bin/env bash
# Runs bulknum against the limits of a real nginx (limit_req, with a burst of 0 and of 20, with and without Retry-After)
# from twice the limit, which it does not know, and once more with what it learnt then: how long that takes, as a ratio to
# what the limit allows, and how many requests are refused.
#
#   bash bench/limits.sh [BULKNUM]          all of it takes 8 minutes; RATES='20 50' BURSTS='0 20' ASKS='no yes' choose
#
# nginx must be there (bench/peers.sh installs it). Not part of continuous integration: on a busy machine requests arrive
# when they can, and not when they are sent.
set -euo pipefail
bulknum=$(realpath "${1:-bin/bulknum}")
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

sandbox=$((18000 + $$ % 1000)) # and nginx at those that follow
"$bulknum" sandbox --listen 127.0.0.1:$sandbox --numbers 2000 --quota unlimited > env 2> sandbox.log &
until grep -q SECRET env; do sleep 0.05; done
# shellcheck disable=SC1091 # what the sandbox says
source ./env
export BULKNUM_READ_LAG=0s BULKNUM_SECOND_PASS=0s
"$bulknum" export --rate 1000/s 2> export.log | cut -d, -f1 > numbers.csv

port=$sandbox
printf '%-34s %8s %8s %8s   %s\n' 'limit_req' 'x ideal' 'refused' '%' 'learnt'
for rate in ${RATES:-10 20 50}; do
  for burst in ${BURSTS:-0 20}; do
    for asks in ${ASKS:-no yes}; do
      port=$((port + 1))
      mkdir "$port"
      asking=
      [ "$asks" = no ] || asking='error_page 429 = @refused;'
      cat > "$port/conf" <<EOF
user root;
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  limit_req_zone \$server_port zone=all:1m rate=${rate}r/s;
  limit_req_status 429;
  upstream api { server 127.0.0.1:$sandbox; keepalive 8; }
  server {
    listen 127.0.0.1:$port;
    $asking
    location @refused { add_header Retry-After 1 always; return 429; }
    location / {
      limit_req zone=all $([ "$burst" = 0 ] || echo "burst=$burst nodelay");
      proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;
    }
  }
}
EOF
      nginx -p "$port" -c "$PWD/$port/conf" -e stderr 2> "$port/log" &
      until (: > "/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
      rows=$((rate == 10 ? 120 : 20 * rate))
      head -n $((rows + 1)) numbers.csv | sed '1s/$/,VoiceEnabled/; 2,$s/$/,true/' > rows.csv
      for turn in first next; do
        sleep 3 # until the bucket is empty
        began=$EPOCHREALTIME
        TELEGENT_API_URL=http://127.0.0.1:$port "$bulknum" apply rows.csv --yes --all --rate $((2 * rate))/s \
          --run "$port-$turn" --format text > "$port/$turn.txt" 2> "$port/$turn.log" || cat "$port/$turn.log"
        took=$(awk "BEGIN { print $EPOCHREALTIME - $began }")
        refused=$(sed -n 's/.*"refusals": *\([0-9]*\).*/\1/p' "runs/$port-$turn/summary.json")
        awk -v took="$took" -v n=$((rows + 1)) -v burst="$burst" -v rate="$rate" -v refused="${refused:-0}" \
          -v name="${rate}r/s burst=$burst Retry-After: $asks, $turn" \
          -v learnt="$(sed -n 's/^Limit *//p' "$port/$turn.txt" | cut -c1-150)" \
          'BEGIN { printf "%-34s %8.2f %8d %8.1f   %s\n", name, took / ((n - 1 - burst) / rate), refused, 100 * refused / n, learnt }'
      done
    done
  done
done
