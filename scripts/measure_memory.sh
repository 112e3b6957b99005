#!/usr/bin/env bash
# Measures the memory that each component takes in each size: idle, at the
# feed's rate, and at the full speed of a replay. Limits and heaps are read from
# src/components/<name>/measured.toml; the tables of the sizes that were measured
# are replaced there. In each size it runs compose.yaml under a project of its
# own, with the connector reading from the replay server. Needs the images of
# scripts/build_images.sh, a built wikisentry (WIKISENTRY_BIN), curl and jq.
#
#   scripts/measure_memory.sh [tag of the images] [size...]
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1:-local}
shift || true
sizes=("${@:-small}")
[ "$#" -gt 0 ] || sizes=(small standard large)
readonly bin=${WIKISENTRY_BIN:-target/release/wikisentry}
# Seconds of each phase.
readonly idle_for=${IDLE_FOR:-60} feed_for=${FEED_FOR:-300} full_for=${FULL_FOR:-90}
# Events a second of the live feed at its busiest hour, rounded up.
readonly feed_rate=50
readonly services=(kafka connect minio)

project=wikisentry-measure-$$
export WIKISENTRY_KAFKA_IMAGE=wikisentry/kafka:$tag WIKISENTRY_CONNECT_IMAGE=wikisentry/connect:$tag WIKISENTRY_MINIO_IMAGE=wikisentry/minio:$tag
export WIKISENTRY_KAFKA_PORT=39092 WIKISENTRY_KAFKA_SASL_PORT=39095 WIKISENTRY_CONNECT_PORT=38083 WIKISENTRY_MINIO_S3_PORT=39000 WIKISENTRY_MINIO_CONSOLE_PORT=39001
export WIKISENTRY_SUBNET=172.30.79.0/24 WIKISENTRY_GATEWAY=172.30.79.1
readonly user=measure password=measure-only-not-secret
export WIKISENTRY_MINIO_ROOT_USER=$user WIKISENTRY_MINIO_ROOT_PASSWORD=$password
export WIKISENTRY_KAFKA_ROOT_USER=$user WIKISENTRY_KAFKA_ROOT_PASSWORD=$password
export WIKISENTRY_CONNECT_ROOT_USER=$user WIKISENTRY_CONNECT_ROOT_PASSWORD=$password

work=$(mktemp -d)
# Topics and connector are its own, so compose.override.yaml is left out.
compose() { docker compose --project-name "$project" --env-file /dev/null --file compose.yaml "$@"; }
clean_up() {
  kill $(jobs -p) 2> /dev/null || true
  docker rm --force "$project-feed" "$project-full" "$project-reader" > /dev/null 2>&1 || true
  compose down --volumes --timeout 5 > /dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT

say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }

# Memory that the kernel cannot simply take back, as `docker stats` counts it.
used_mib() {
  curl -sf --unix-socket /var/run/docker.sock "http://docker/v1.41/containers/$project-$1-1/stats?stream=false&one-shot=true" |
    jq '.memory_stats | (.usage - (.stats.total_inactive_file // .stats.inactive_file // 0)) / 1048576 | ceil'
}

# Arguments: phase, seconds. The greatest of a sample a second goes to files.
watch_memory() {
  local phase=$1 end=$((SECONDS + $2)) service now
  say "  $phase, $2 s"
  for service in "${services[@]}"; do echo 0 > "$work/$service.$phase"; done
  while ((SECONDS < end)); do
    for service in "${services[@]}"; do
      now=$(used_mib "$service")
      ((now <= $(< "$work/$service.$phase"))) || echo "$now" > "$work/$service.$phase"
    done
    sleep 1
  done
}

s3() { curl -sf --user "$user:$password" --aws-sigv4 aws:amz:us-east-1:s3 "$@"; }
# Arguments: MiB of each object, seconds between them. Ends with the script.
store_objects() {
  head -c "$1M" /dev/urandom > "$work/object.$1"
  for ((n = 0; ; n++)); do
    s3 --upload-file "$work/object.$1" "http://127.0.0.1:$WIKISENTRY_MINIO_S3_PORT/measure/$1/$BASHPID/$n" > "$work/answer" || true
    s3 "http://127.0.0.1:$WIKISENTRY_MINIO_S3_PORT/measure/$1/$BASHPID/$n" > /dev/null || true
    sleep "$2"
  done
}

# The replay server listens on 127.0.0.1, so it runs in connect's network.
# Arguments: name, port, then what the replay is to do.
replay() {
  docker run --detach --rm --name "$project-$1" --network "container:$project-connect-1" \
    --volume "$(realpath "$bin"):/wikisentry:ro" --entrypoint /wikisentry "wikisentry/base:$tag" \
    replay sample --port "$2" "${@:3}" > /dev/null
}
connector() {
  jq -n --arg url "http://127.0.0.1:$1/v2/stream" '{
    "connector.class": "org.wikisentry.connect.eventstreams.EventStreamsSourceConnector", "tasks.max": "1",
    "url": $url, "streams": "recentchange", "contact": "measure@example.org", "since": "3650d",
    "exactly.once.support": "required", "transaction.boundary": "poll" }' |
    curl -sf --user "$user:$password" -X PUT -H 'Content-Type: application/json' --data @- "http://127.0.0.1:$WIKISENTRY_CONNECT_PORT/connectors/eventstreams/config" > /dev/null
}
records() {
  compose exec -T kafka kafka offsets --topic-partitions 'edits.registered,edits.anonymous,edits.bot' |
    awk -F: '{ sum += $3 } END { print sum + 0 }'
}

facts() { echo "src/components/$1/measured.toml"; }
# Arguments: service, size, key. Prints its number, or nothing if there is none.
given() {
  awk -v size="[$2]" -v key="$3" '/^\[/ { inside = ($0 == size) } inside && $1 == key { print $3 }' "$(facts "$1")"
}
# Arguments: service, size. Replaces the table of that size by standard input,
# and leaves those of other sizes as they are.
replace_table() {
  local file
  file=$(facts "$1")
  table=$(cat) awk -v size="[$2]" '
    /^\[/ { inside = ($0 == size); if (inside) { print ENVIRON["table"] "\n"; found = 1 } }
    !inside
    END { if (!found) print "\n" ENVIRON["table"] }' "$file" | sed '${/^$/d}' > "$work/measured.toml"
  cat "$work/measured.toml" > "$file"
}

# Argument: the size.
measure() {
  local service limit heap deadline before after
  say "size $1"
  for service in "${services[@]}"; do
    limit=$(given "$service" "$1" limit_mib) heap=$(given "$service" "$1" heap_mib)
    [ -n "$limit" ] || { say "$(facts "$service") gives $service no limit in size $1"; exit 1; }
    export "WIKISENTRY_${service^^}_MEMORY=${limit}m"
    [ -z "$heap" ] || export "WIKISENTRY_${service^^}_HEAP=${heap}m"
  done
  compose up --detach > /dev/null 2>&1
  deadline=$((SECONDS + 180))
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$project-connect-1" "$project-minio-1" | sort -u)" = healthy ]; do
    ((SECONDS < deadline)) || { say 'not healthy'; exit 1; }
    sleep 1
  done
  for topic in edits.registered edits.anonymous edits.bot revision.tags deadletter; do
    compose exec -T kafka kafka topics --create --topic "$topic" --partitions 3 > /dev/null
  done
  s3 -X PUT "http://127.0.0.1:$WIKISENTRY_MINIO_S3_PORT/measure"
  watch_memory idle "$idle_for"

  # The feed, a reader of its topics, and an archive's file every five seconds.
  replay feed 8881 --rate "$feed_rate" --repeat 1000
  connector 8881
  docker run --detach --rm --name "$project-reader" --network "${project}_wikisentry" --entrypoint kafka \
    --env "KAFKA_USER=$user" --env "KAFKA_PASSWORD=$password" "$WIKISENTRY_KAFKA_IMAGE" \
    consume --include 'edits.*' --group measure > /dev/null
  store_objects 1 5 &
  watch_memory feed "$feed_for"
  before=$(records)
  ((before > feed_rate * feed_for / 4)) || { say "only $before records at the feed's rate"; exit 1; }

  # A recording at full speed, and larger files without a pause, four at a time.
  replay full 8882 --repeat 1000
  connector 8882
  for _ in 1 2 3 4; do store_objects 16 0 & done
  watch_memory full "$full_for"
  after=$(records)
  kill $(jobs -p)
  wait 2> /dev/null || true
  for service in "${services[@]}"; do
    [ "$(docker inspect --format '{{.RestartCount}} {{.State.OOMKilled}}' "$project-$service-1")" = '0 false' ] ||
      { say "$service did not survive this"; exit 1; }
  done
  say "  $((after - before)) records in the ${full_for} s at full speed"
  docker rm --force "$project-feed" "$project-full" "$project-reader" > /dev/null 2>&1 || true
  compose down --volumes > /dev/null 2>&1

  for service in "${services[@]}"; do
    heap=$(given "$service" "$1" heap_mib)
    {
      printf '[%s]\n' "$1"
      printf '# Measured on %s cores, engine %s, %s + %s + %s s.\n' "$(nproc)" "$engine" "$idle_for" "$feed_for" "$full_for"
      printf 'limit_mib = %s\n' "$(given "$service" "$1" limit_mib)"
      [ -z "$heap" ] || printf 'heap_mib = %s\n' "$heap"
      for phase in idle feed full; do
        printf '%s_mib = %s\n' "$phase" "$(< "$work/$service.$phase")"
      done
    } | replace_table "$service" "$1"
  done
}

engine=$(docker version --format '{{.Server.Version}}')
readonly engine
for size in "${sizes[@]}"; do measure "$size"; done
for service in "${services[@]}"; do
  facts "$service"
  cat "$(facts "$service")"
done
