#!/usr/bin/env bash
# Builds the image `postgres` and tries it in a container as a pod would run it: users by files, a password that
# changes, what a user may not do, kill -9, an interrupted first start, backup and restore. Prints a line for each
# check, then memory and times. Needs Docker and the image `base`. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

name="${NAMES:-wikisentry-check}-postgres"
image=wikisentry/postgres:check
work="$(mktemp -d)"
failed=0
cleanup() {
  docker rm --force --volumes "$name" > /dev/null 2>&1 || true
  docker volume rm "$name" > /dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT
cleanup
work="$(mktemp -d)"

docker build --quiet --tag "$image" --build-arg "BASE=wikisentry/base:${TAG:-local}" images/postgres > /dev/null
install -d -m 0755 "$work/passwords"

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then echo "ok   $what"; else echo "FAIL $what"; sed 's/^/     /' "$work/output"; failed=1; fi
}
refused() { ! "$@"; }
secret() { printf '%s\n' "$2" > "$work/passwords/$1"; chmod 0444 "$work/passwords/$1"; }
start() {
  docker run --detach --name "$name" --read-only --tmpfs /tmp:size=16m --cap-drop ALL --security-opt no-new-privileges \
    --memory 192m --shm-size 16m --volume "$name:/var/lib/wikisentry" --volume "$work/passwords:/etc/wikisentry/passwords:ro" \
    "$@" "$image" > /dev/null
}
state() { docker inspect --format '{{.State.Health.Status}}' "$name"; }
wait_healthy() {
  for _ in $(seq 300); do
    docker exec "$name" healthy 2> /dev/null && return
    [ "$(docker inspect --format '{{.State.Running}}' "$name")" = true ] || { docker logs "$name"; return 1; }
    sleep 0.1
  done
  return 1
}
# Arguments: user, password, database, statement. Over the network, as others come.
query() {
  docker exec --env PGPASSWORD="$2" "$name" psql --host "$(docker inspect --format '{{.NetworkSettings.IPAddress}}' "$name")" \
    --username "$1" --dbname "$3" --no-psqlrc --tuples-only --no-align --quiet --set ON_ERROR_STOP=1 --command "$4"
}
gives() {
  local wanted=$1 found
  shift
  found="$("$@")"
  [ "$found" = "$wanted" ] || { echo "$found instead of $wanted"; return 1; }
}

check "without a password it does not start" gives 2 bash -c "$(declare -f start); name=$name work=$work image=$image; start; docker wait $name"
docker rm --force "$name" > /dev/null
secret airflow "it's\$ecret"
secret other "another-one"

# An interrupted first start.
start --env POSTGRES_USERS="airflow other"
sleep 0.7
docker kill "$name" > /dev/null
begun=$(date +%s%N)
docker start "$name" > /dev/null
check "it becomes healthy after a first start that was killed" wait_healthy
echo "     first start to healthy: $(((($(date +%s%N) - begun)) / 1000000)) ms"
check "Docker says so too" bash -c "for _ in \$(seq 100); do [ \"\$(docker inspect --format '{{.State.Health.Status}}' $name)\" = healthy ] && exit; sleep 0.2; done; exit 1"
check "a user comes in by password" gives airflow query airflow "it's\$ecret" airflow "SELECT current_user"
check "a wrong password is refused" refused query airflow wrong airflow "SELECT 1"
check "so is another user's database" refused query airflow "it's\$ecret" other "SELECT 1"
check "and a database of one's own making" refused query airflow "it's\$ecret" airflow "CREATE DATABASE mine"
check "the superuser is not let in from outside" refused query wikisentry "it's\$ecret" postgres "SELECT 1"
check "passwords are kept as SCRAM" gives t docker exec "$name" psql --username wikisentry --dbname postgres -tAc \
  "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256%') FROM pg_authid WHERE rolcanlogin"
query airflow "it's\$ecret" airflow "CREATE TABLE kept AS SELECT n, md5(n::text) AS text FROM generate_series(1, 20000) n" > /dev/null

docker exec "$name" backup airflow > "$work/dump"
query airflow "it's\$ecret" airflow "DELETE FROM kept WHERE n > 7; CREATE TABLE later (a int)"
check "a cut backup is refused" refused bash -c "head -c 20000 '$work/dump' | docker exec -i $name restore airflow"
check "and has changed nothing" gives 7 query airflow "it's\$ecret" airflow "SELECT count(*) FROM kept"
check "a backup is restored" bash -c "docker exec -i $name restore airflow < '$work/dump'"
check "it is what was there" gives 20000 query airflow "it's\$ecret" airflow "SELECT count(*) FROM kept WHERE text = md5(n::text)"
check "and nothing else" gives "" query airflow "it's\$ecret" airflow "SELECT to_regclass('later')"
check "the user owns it" query airflow "it's\$ecret" airflow "ALTER TABLE kept ADD extra int"

query airflow "it's\$ecret" airflow "INSERT INTO kept (n) SELECT generate_series(1, 50000)"
docker kill "$name" > /dev/null
secret airflow "a-new-password"
begun=$(date +%s%N)
docker start "$name" > /dev/null
check "it recovers from kill -9" wait_healthy
echo "     kill -9 to healthy: $(((($(date +%s%N) - begun)) / 1000000)) ms"
check "what was committed is there, by the new password" gives 70000 query airflow a-new-password airflow "SELECT count(*) FROM kept"
check "the old password is refused" refused query airflow "it's\$ecret" airflow "SELECT 1"

check "a second server on the volume is refused" gives 2 bash -c "docker run --rm --read-only --tmpfs /tmp --volume '$name:/var/lib/wikisentry' \
  --volume '$work/passwords:/etc/wikisentry/passwords:ro' $image > /dev/null 2>&1; echo \$?"

# Thirty sessions that sort.
for _ in $(seq 30); do
  query airflow a-new-password airflow "SELECT count(*) FROM (SELECT n FROM kept ORDER BY text, n OFFSET 1) x, pg_sleep(2)" > /dev/null &
done
sleep 1.5
peak=$(docker stats --no-stream --format '{{.MemUsage}}' "$name")
wait
echo "     memory with 30 sessions: $peak; idle: $(docker stats --no-stream --format '{{.MemUsage}}' "$name")"
begun=$(date +%s%N)
docker stop --time 20 "$name" > /dev/null
echo "     stop: $(((($(date +%s%N) - begun)) / 1000000)) ms, code $(docker inspect --format '{{.State.ExitCode}}' "$name")"
check "it stops by itself" gives 0 docker inspect --format '{{.State.ExitCode}}' "$name"
exit "$failed"
