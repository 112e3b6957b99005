#!/usr/bin/env bash
# Tries the data layer of compose.yaml for real, beside any that runs already:
# reachable from where it must be and from nowhere else, and nothing lost by
# kill -9, restart, down and up. Edits of the sample flow into its topics by the file alone. Runs the
# tests of the drivers on it. Needs a Docker engine, the images of scripts/build_images.sh (argument:
# their tag), cargo, curl, python3, 1.5 GB of memory.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1:-local}
project=wikisentry-check-$$
export WIKISENTRY_KAFKA_IMAGE=wikisentry/kafka:$tag WIKISENTRY_CONNECT_IMAGE=wikisentry/connect:$tag WIKISENTRY_MINIO_IMAGE=wikisentry/minio:$tag
export WIKISENTRY_KAFKA_PORT=29092 WIKISENTRY_KAFKA_SASL_PORT=29095 WIKISENTRY_CONNECT_PORT=28083 WIKISENTRY_MINIO_S3_PORT=29000 WIKISENTRY_MINIO_CONSOLE_PORT=29001
export WIKISENTRY_SUBNET=172.30.78.0/24 WIKISENTRY_GATEWAY=172.30.78.1
export WIKISENTRY_KAFKA_ROOT_USER=check WIKISENTRY_KAFKA_ROOT_PASSWORD='check:only=not,secret!'
export WIKISENTRY_CONNECT_ROOT_USER=check WIKISENTRY_CONNECT_ROOT_PASSWORD='back\slash="$#:'
export WIKISENTRY_MINIO_ROOT_USER=check WIKISENTRY_MINIO_ROOT_PASSWORD=check-only-not-secret
export WIKISENTRY_SOURCE__URL=http://host.docker.internal:28998/v2/stream WIKISENTRY_SOURCE__STREAMS=recentchange
readonly services=(kafka connect minio)
server= replay=

compose() { docker compose --project-name "$project" --env-file /dev/null "$@"; }

clean_up() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  [ -z "$replay" ] || kill "$replay" 2> /dev/null || true
  compose down --volumes --timeout 5 > /dev/null 2>&1 || true
}
trap clean_up EXIT

passed=0
fine() {
  passed=$((passed + 1))
  printf 'fine  %4d s  %s\n' "$SECONDS" "$*"
}
fail() {
  printf 'FAIL  %4d s  %s\n' "$SECONDS" "$*" >&2
  compose ps >&2
  exit 1
}
# Arguments: what is checked, then the command that must succeed.
must() {
  local what=$1
  shift
  "$@" > /dev/null 2>&1 || fail "$what"
  fine "$what"
}
must_not() {
  local what=$1
  shift
  ! "$@" > /dev/null 2>&1 || fail "$what"
  fine "$what"
}

health() { docker inspect --format '{{.State.Health.Status}}' "$project-$1-1"; }
healthy() {
  local deadline=$((SECONDS + 180))
  until [ "$(health "$1")" = healthy ]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}
all_healthy() { for service in "${services[@]}"; do healthy "$service" || return 1; done; }
opens() { timeout 3 bash -c "exec 3<> /dev/tcp/$1/$2"; }
inside() { compose exec -T "$@"; }
# Kafka's own answer to a metadata request: the address it tells its clients.
advertised() {
  timeout 5 bash -c "exec 3<> /dev/tcp/127.0.0.1/$WIKISENTRY_KAFKA_PORT
    printf '\0\0\0\016\0\003\0\001\0\0\0\007\377\377\0\0\0\0' >&3
    head -c 33 <&3 | tail -c 15 | tr -d '\0'"
}
records() { inside kafka kafka offsets --topic "$1" | cut -d: -f3; }
readonly bucket=http://127.0.0.1:$WIKISENTRY_MINIO_S3_PORT/check
s3() { curl -sf --user check:check-only-not-secret --aws-sigv4 aws:amz:us-east-1:s3 "$@"; }
produce() { seq "$2" "$3" | inside kafka kafka produce --topic "$1" --command-property acks=all; }

cargo build --workspace --locked --quiet
target=$(cargo metadata --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
# The variables of the compose file are no settings of the program.
(
  unset "${!WIKISENTRY_@}"
  exec "$target/debug/wikisentry" replay sample --listen docker --port 28998 --rate 100 > /dev/null 2>&1
) &
replay=$!

must 'compose accepts the file' compose config --quiet
must 'up' compose up --detach
must 'all three become healthy' all_healthy

# Topics and connector come by the file alone, and edits through them.
edits() {
  inside kafka kafka offsets --topic-partitions 'edits.registered,edits.anonymous,edits.bot' |
    awk -F: '{ sum += $3 } END { print sum + 0 }'
}
edits_flow() {
  local deadline=$((SECONDS + 120))
  until (($(edits) > 0)); do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}
[ "$(docker wait "$project-provision-1")" = 0 ] || fail 'topics and connector are made'
fine 'topics and connector are made'
must 'edits flow into the topics' edits_flow
said=$(compose run --rm --no-deps --env SOURCE_CONTACT= --env SOURCE_URL=https://stream.wikimedia.org/v2/stream \
  provision 2>&1) && fail 'a missing contact is refused' || status=$?
[ "$status" = 3 ] && grep -q 'Wikimedia asks for a contact' <<< "$said" || fail 'a missing contact is refused'
fine 'a missing contact is refused'

# From the host, from a container, from elsewhere.
[[ $(advertised) == *127.0.0.1* ]] || fail 'Kafka answers on the host and names 127.0.0.1'
fine 'Kafka answers on the host and names 127.0.0.1'
for port in "$WIKISENTRY_CONNECT_PORT" "$WIKISENTRY_MINIO_S3_PORT" "$WIKISENTRY_MINIO_CONSOLE_PORT"; do
  must "port $port answers on 127.0.0.1" opens 127.0.0.1 "$port"
done
as_administrator=(-e "KAFKA_USER=$WIKISENTRY_KAFKA_ROOT_USER" -e "KAFKA_PASSWORD=$WIKISENTRY_KAFKA_ROOT_PASSWORD")
must 'the administrator makes a topic through kafka:9092, from another container' \
  inside "${as_administrator[@]}" connect kafka topics --create --topic check --partitions 1
must_not 'the worker makes none' inside connect kafka topics --create --topic check-other --partitions 1
must_not 'a wrong password is refused' inside -e KAFKA_PASSWORD=wrong-one connect kafka topics --list
inside kafka kafka produce --topic unheard-of --command-property max.block.ms=2000 <<< x > /dev/null 2>&1 || true
must_not 'no topic comes into being by itself' inside kafka kafka topics --describe --topic unheard-of
for target in minio:9000 connect:8083; do
  must "$target answers a container" inside kafka bash -c "exec 3<> /dev/tcp/${target/://}"
done
must_not 'the controller answers nobody else' inside connect bash -c 'exec 3<> /dev/tcp/kafka/9093'
for address in $(hostname -I); do
  # Of the machine's addresses, loopback alone is published.
  for port in "$WIKISENTRY_KAFKA_PORT" "$WIKISENTRY_KAFKA_SASL_PORT" "$WIKISENTRY_CONNECT_PORT" "$WIKISENTRY_MINIO_S3_PORT" "$WIKISENTRY_MINIO_CONSOLE_PORT"; do
    must_not "$address port $port is closed" opens "$address" "$port"
  done
done
python3 -m http.server 28999 --bind 0.0.0.0 --directory testdata > /dev/null 2>&1 &
server=$!
must 'a server on this machine answers connect as host.docker.internal' \
  inside connect timeout 20 bash -c 'until exec 3<> /dev/tcp/host.docker.internal/28999; do sleep 0.2; done'

# The containers are what the file says.
for service in "${services[@]}"; do
  must "$service runs as user 10001" inside "$service" bash -c '[ "$(id -u)" = 10001 ]'
  must_not "$service cannot write to its image" inside "$service" touch /opt/written
done

# Nothing is lost.
must '1000 records are taken' produce check 1 1000
must 'a bucket is made' s3 -X PUT "$bucket"
must 'an object is stored' s3 --upload-file Cargo.lock "$bucket/object"
for service in "${services[@]}"; do
  restarts=$(docker inspect --format '{{.RestartCount}}' "$project-$service-1")
  kill -9 "$(docker inspect --format '{{.State.Pid}}' "$project-$service-1")"
  for _ in $(seq 100); do
    [ "$(docker inspect --format '{{.RestartCount}}' "$project-$service-1")" = "$restarts" ] || break
    sleep 0.2
  done
  must "$service is back after kill -9" healthy "$service"
done
must 'all three are healthy again' all_healthy
[ "$(records check)" = 1000 ] || fail 'the records outlive kill -9'
fine 'the records outlive kill -9'
must 'restart' compose restart
must 'all three are healthy after a restart' all_healthy
[ "$(records check)" = 1000 ] || fail 'the records outlive a restart'
fine 'the records outlive a restart'
must 'down' compose down
must 'up again' compose up --detach
must 'all three are healthy after down and up' all_healthy
[ "$(records check)" = 1000 ] || fail 'the records outlive down and up'
fine 'the records outlive down and up'
s3 "$bucket/object" | cmp - Cargo.lock || fail 'the object is whole after all this'
fine 'the object is whole after all this'

# The program's drivers, held to these three. All packages are named, so that what they depend on
# is built as for the other tests.
drivers() {
  export TEST_KAFKA=127.0.0.1:$WIKISENTRY_KAFKA_SASL_PORT
  export TEST_KAFKA_USER=$WIKISENTRY_KAFKA_ROOT_USER TEST_KAFKA_PASSWORD=$WIKISENTRY_KAFKA_ROOT_PASSWORD
  export TEST_CONNECT=http://127.0.0.1:$WIKISENTRY_CONNECT_PORT
  export TEST_CONNECT_USER=$WIKISENTRY_CONNECT_ROOT_USER TEST_CONNECT_PASSWORD=$WIKISENTRY_CONNECT_ROOT_PASSWORD
  export TEST_S3=http://127.0.0.1:$WIKISENTRY_MINIO_S3_PORT TEST_S3_USER=check TEST_S3_PASSWORD=check-only-not-secret
  # Without a data layer these tests are ignored; asked for, they fail where there is none.
  cargo test --workspace --locked --test kafka --test connect -- --include-ignored &&
    cargo test --workspace --locked --lib -- --include-ignored s3::tests
}
drivers || fail 'the drivers agree with Kafka, Kafka Connect and MinIO'
fine 'the drivers agree with Kafka, Kafka Connect and MinIO'
printf '%d passed\n' "$passed"
