#!/usr/bin/env bash
# Builds the image `airflow` and tries it in containers beside PostgreSQL and MinIO, as one pod would run it: migration,
# the three roles healthy, the admin's password, the DAGs without an error, a task whose log comes to the object store,
# a scheduler that is killed. Prints a line for each check, then memory and times. Needs Docker and the images `base`,
# `postgres` and `minio`. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix="${NAMES:-wikisentry-check}-airflow"
tag="${TAG:-local}"
image=wikisentry/airflow:check
work="$(mktemp -d)"
failed=0
roles=(api-server scheduler dag-processor)
cleanup() {
  for part in "${roles[@]}" migrate postgres minio; do docker rm --force --volumes "$prefix-$part" > /dev/null 2>&1 || true; done
  docker network rm "$prefix" > /dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT
cleanup
mkdir -p "$work/secrets" "$work/passwords"

docker build --quiet --tag "$image" --build-arg "BASE=wikisentry/base:$tag" images/airflow > /dev/null
docker network create "$prefix" > /dev/null

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then echo "ok   $what"; else echo "FAIL $what"; tail -n 20 "$work/output" | cut -c1-300 | sed 's/^/     /'; failed=1; fi
}
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
now() { date +%s%N; }
since() { echo "$((($(now) - $1) / 1000000)) ms"; }

admin=$(random)
for name in jwt-secret secret-key fernet-key; do random > "$work/secrets/$name"; done
printf '%s\n' "$admin" > "$work/secrets/admin-password"
random | tr -d '=' > "$work/passwords/airflow"
cp "$work/passwords/airflow" "$work/secrets/database-password"
chmod -R a+rX "$work"

docker run --detach --name "$prefix-postgres" --network "$prefix" --network-alias postgres --memory 192m \
  --volume "$work/passwords:/etc/wikisentry/passwords:ro" "wikisentry/postgres:${POSTGRES_TAG:-$tag}" > /dev/null
docker run --detach --name "$prefix-minio" --network "$prefix" --network-alias minio --memory 384m \
  --env MINIO_ROOT_USER=wikisentry --env MINIO_ROOT_PASSWORD=wikisentry-development "wikisentry/minio:$tag" > /dev/null

# Arguments: role, memory, then options. The roles of a pod share its network.
run() {
  local role=$1 memory=$2
  shift 2
  docker run --name "$prefix-$role" --read-only --tmpfs /tmp:size=64m,mode=1777,uid=10001 --cap-drop ALL \
    --security-opt no-new-privileges --memory "$memory" --volume "$work/secrets:/etc/wikisentry/airflow:ro" \
    --env AWS_ACCESS_KEY_ID=wikisentry --env AWS_SECRET_ACCESS_KEY=wikisentry-development "$@" "$image" "$role"
}
shared=(--network "container:$prefix-api-server")
wait_healthy() {
  for _ in $(seq "${2:-240}"); do
    docker exec "$prefix-$1" healthy 2> /dev/null && return
    [ "$(docker inspect --format '{{.State.Running}}' "$prefix-$1")" = true ] || { docker logs "$prefix-$1"; return 1; }
    sleep 0.5
  done
  docker logs --tail 20 "$prefix-$1"
  return 1
}

begun=$(now)
check "the database is brought to this version" run migrate 512m --network "$prefix"
echo "     $(since "$begun")"
docker rm "$prefix-migrate" > /dev/null
begun=$(now)
check "a second migration changes nothing" run migrate 512m --network "$prefix"
echo "     $(since "$begun")"

begun=$(now)
run api-server 768m --network "$prefix" --detach --publish 127.0.0.1:0:8080 > /dev/null
run scheduler 1024m "${shared[@]}" --detach > /dev/null
run dag-processor 512m "${shared[@]}" --detach > /dev/null
for role in "${roles[@]}"; do
  check "the $role becomes healthy" wait_healthy "$role"
  echo "     $(since "$begun")"
done

port=$(docker port "$prefix-api-server" 8080/tcp | head -n 1)
port=${port##*:}
http() { curl --silent --show-error --fail-with-body --noproxy '*' --max-time 30 "$@"; }
token() { http --header 'Content-Type: application/json' --data "{\"username\": \"admin\", \"password\": \"$1\"}" "http://127.0.0.1:$port/auth/token"; }
check "a wrong password is refused" bash -c "! $(declare -f http token); port=$port; ! token wrong"
bearer=$(token "$admin" | sed 's/.*"access_token": *"\([^"]*\)".*/\1/')
check "the admin has a token" [ -n "$bearer" ]
api() { http --header "Authorization: Bearer $bearer" "$@"; }
base="http://127.0.0.1:$port/api/v2"
check "nobody sees anything without one" bash -c "[ \"\$(curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' $base/dags)\" = 401 ]"

dags() { api "$base/dags" | tr ',' '\n' | grep -o '"dag_id":"[a-z_]*"' | sort -u; }
three() { for _ in $(seq 60); do [ "$(dags | wc -l)" = 3 ] && return; sleep 1; done; dags; return 1; }
check "the three DAGs are there" three
check "none has an error" bash -c "[ \"\$(curl --silent --noproxy '*' --header 'Authorization: Bearer $bearer' $base/importErrors | grep -o '\"total_entries\":[0-9]*')\" = '\"total_entries\":0' ]"
check "the interface is served" bash -c "curl --silent --noproxy '*' --fail http://127.0.0.1:$port/ | grep -q '<div id=\"root\"'"

bucket() { docker exec "$prefix-minio" true; docker run --rm --network "$prefix" --entrypoint /opt/airflow/venv/bin/python --env AWS_ACCESS_KEY_ID=wikisentry \
  --env AWS_SECRET_ACCESS_KEY=wikisentry-development "$image" -c "
import boto3, sys
s3 = boto3.client('s3', endpoint_url='http://minio:9000', region_name='us-east-1')
$1"; }
bucket "s3.create_bucket(Bucket='wikisentry')"
# There is no Kubernetes here: the task must fail with that, and tell it in the object store.
run_of() { api --header 'Content-Type: application/json' --data "{\"dag_run_id\": \"$1\", \"logical_date\": null, \"conf\": $2}" "$base/dags/$3/dagRuns"; }
check "a parameter out of its range is refused" bash -c "$(declare -f http api run_of); bearer='$bearer'; base=$base; ! run_of wrong '{\"files\": 0}' compact_lake"
begun=$(now)
check "a run is started" run_of first '{}' compact_lake
tried() { for _ in $(seq 120); do api "$base/dags/compact_lake/dagRuns/first/taskInstances" | grep -q '"state":"up_for_retry"' && return; sleep 1; done; api "$base/dags/compact_lake/dagRuns/first/taskInstances"; return 1; }
check "its task is tried, and will be again" tried
echo "     trigger to the end of the first try: $(since "$begun")"
logged() { for _ in $(seq 20); do bucket "print([o['Key'] for o in s3.list_objects_v2(Bucket='wikisentry').get('Contents', [])])" | grep -q 'airflow/logs/dag_id=compact_lake' && return; sleep 1; done; return 1; }
check "its log is in the object store" logged
check "and says what is missing" bash -c "curl --silent --noproxy '*' --header 'Authorization: Bearer $bearer' '$base/dags/compact_lake/dagRuns/first/taskInstances/compact/logs/1' | grep -qi 'kube'"

docker kill "$prefix-scheduler" > /dev/null
begun=$(now)
docker start "$prefix-scheduler" > /dev/null
check "a scheduler that was killed is healthy again" wait_healthy scheduler
echo "     $(since "$begun")"

sleep "${IDLE_SECONDS:-60}"
for role in "${roles[@]}"; do
  echo "     $role: $(docker stats --no-stream --format '{{.MemUsage}}, {{.CPUPerc}} of a core' "$prefix-$role")"
done
for role in dag-processor scheduler api-server; do
  begun=$(now)
  docker stop --time 30 "$prefix-$role" > /dev/null
  echo "     stop of the $role: $(since "$begun"), code $(docker inspect --format '{{.State.ExitCode}}' "$prefix-$role")"
done
exit "$failed"
