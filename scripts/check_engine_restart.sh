#!/usr/bin/env bash
# Restarts the Docker engine under a running data layer: everything must come back by itself, and
# every edit of the sample be there once. Argument: the command that restarts the engine, such as
# 'systemctl restart docker'. It takes every other container on the engine down as well, so it is
# run by hand. Environment: PROGRAM (else target/release/wikisentry).
set -euo pipefail
cd "$(dirname "$0")/.."

restart=${1:?the command that restarts the engine, such as \'systemctl restart docker\'}
program=${PROGRAM:-target/release/wikisentry}
state=$(mktemp -d)
export WIKISENTRY_HOME=$state/state XDG_CONFIG_HOME=$state/config
export WIKISENTRY_PROFILE=k3d WIKISENTRY_SIZE=small WIKISENTRY_DOCKER__PROJECT=wikisentry-restart
export WIKISENTRY_DOCKER__SUBNET=172.30.79.0/24 WIKISENTRY_KAFKA__PORT=29192 WIKISENTRY_CONNECT__PORT=28183
export WIKISENTRY_MINIO__PORT=29100 WIKISENTRY_MINIO__CONSOLE_PORT=29101
export WIKISENTRY_SOURCE__STREAMS=recentchange
export WIKISENTRY_SOURCE__URL=http://host.docker.internal:28997/v2/stream

server=
clean_up() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  "$program" down --purge --yes > /dev/null 2>&1 || true
  rm -rf "$state"
}
trap clean_up EXIT

"$program" replay sample --listen docker --port 28997 --rate 60 > /dev/null 2>&1 &
server=$!
"$program" up --until data-layer
count() {
  for topic in edits.registered edits.anonymous edits.bot; do
    "$program" tail "$topic" --from beginning --max 1000000 --output json 2> /dev/null
  done | grep -o '"meta":{[^}]*}' | grep -o '"id":"[^"]*"' | sort | uniq -c | awk '{ all++; if ($1 > 1) more++ } END { print all + 0, more + 0 }'
}
echo "before the restart: $(count) (edits, of which more than once)"
begun=$SECONDS
bash -c "$restart"
until "$program" status > /dev/null 2>&1; do
  ((SECONDS - begun < 300)) || { "$program" status; exit 1; }
  sleep 1
done
echo "healthy again after $((SECONDS - begun)) s"
expected=4068
until [ "$(count)" = "$expected 0" ]; do
  ((SECONDS - begun < 600)) || { echo "in the end: $(count), expected $expected 0" >&2; exit 1; }
  sleep 2
done
echo "all $expected edits are there, each once"
