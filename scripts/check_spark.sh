#!/usr/bin/env bash
# Builds the image `spark` and tries it in containers against MinIO, as a pod of size small would run it: labels, data set,
# training and promotion in one application, an attempt that is killed and one that goes on, the tables of a day made
# twice, compaction. Prints a line for each check, then memory and times. Needs Docker and the images `base`, `native` and
# `minio`. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix="${NAMES:-wikisentry-check}-spark"
tag="${TAG:-local}"
image=wikisentry/spark:check
work="$(mktemp -d)"
failed=0
cleanup() {
  docker rm --force --volumes "$prefix-minio" "$prefix-driver" > /dev/null 2>&1 || true
  docker network rm "$prefix" > /dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT
cleanup
mkdir -p "$work"

docker build --quiet --tag "$image" --build-arg "BASE=wikisentry/base:$tag" --build-arg "NATIVE=${NATIVE:-wikisentry/native:$tag}" \
  images/spark > /dev/null
docker network create "$prefix" > /dev/null
docker run --detach --name "$prefix-minio" --network "$prefix" --network-alias minio --memory 384m \
  --env MINIO_ROOT_USER=wikisentry --env MINIO_ROOT_PASSWORD=wikisentry-development "wikisentry/minio:$tag" > /dev/null

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then echo "ok   $what"; else echo "FAIL $what"; tail -n 25 "$work/output" | cut -c1-400 | sed 's/^/     /'; failed=1; fi
}
keys=(--env AWS_ACCESS_KEY_ID=wikisentry --env AWS_SECRET_ACCESS_KEY=wikisentry-development --env S3_ENDPOINT=http://minio:9000)
# Arguments: those of the driver.
driver() {
  docker rm --force "$prefix-driver" > /dev/null 2>&1 || true
  docker run --name "$prefix-driver" --network "$prefix" --read-only --tmpfs /tmp:exec,size=512m,mode=1777 --cap-drop ALL \
    --security-opt no-new-privileges --memory "${MEMORY:-1600m}" "${keys[@]}" --env LAKE=s3://wikisentry --env "SPARK_CORES=${CORES:-2}" \
    "${options[@]}" "$image" driver "$@"
}
options=()
# Python of the image with the store of the jobs.
python() {
  docker run --rm --network "$prefix" "${keys[@]}" --volume "$PWD:/repository:ro" --tmpfs /tmp --entrypoint /opt/spark/venv/bin/python "$image" "$@"
}
seconds() { echo "$(($(date +%s) - $1)) s"; }
# Memory as `docker stats` counts it, about once a second while the driver runs; kept is the most.
watch() {
  while sleep 0.3; do docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' "$prefix-driver" 2> /dev/null || true; done | sed -u 's/.* \([0-9.]*\)\([MG]\)iB .*/\1 \2/' \
    | while read -r amount unit; do [ "$unit" = G ] && amount=$(awk "BEGIN { print $amount * 1024 }"); echo "${amount%.*}" >> "$work/memory"; done
}
watch &
watching=$!
trap 'kill "$watching" 2> /dev/null; cleanup' EXIT
peak() {
  echo "     memory at most: $(sort -n "$work/memory" 2> /dev/null | tail -n 1) MiB"
  : > "$work/memory"
}

check "what is wrong is said, with code 2" bash -c "docker run --rm --read-only --tmpfs /tmp $image driver train --run-id x 2>&1 | grep -q 'LAKE must name the lake'"
check "a lake is made in the store" python -c "
import os, pathlib, subprocess, sys, tempfile
os.environ['PYTHONPATH'] = '/repository/images/spark/tests'
folder = tempfile.mkdtemp()
subprocess.run([sys.executable, '/repository/images/spark/tests/archive.py', folder], check=True)
sys.path.insert(0, '/opt/spark')
from jobs import store
import obstore
from obstore.store import S3Store
import urllib.request
import json
place = store.of('s3://wikisentry')
import datetime, hashlib, hmac
def create(bucket):
    'PUT /bucket, signed by hand: obstore makes no buckets.'
    now = datetime.datetime.now(datetime.UTC)
    day, at = now.strftime('%Y%m%d'), now.strftime('%Y%m%dT%H%M%SZ')
    empty = hashlib.sha256(b'').hexdigest()
    head = f'host:minio:9000\nx-amz-content-sha256:{empty}\nx-amz-date:{at}\n'
    names = 'host;x-amz-content-sha256;x-amz-date'
    request = f'PUT\n/{bucket}\n\n{head}\n{names}\n{empty}'
    scope = f'{day}/us-east-1/s3/aws4_request'
    text = f'AWS4-HMAC-SHA256\n{at}\n{scope}\n' + hashlib.sha256(request.encode()).hexdigest()
    key = b'AWS4' + os.environ['AWS_SECRET_ACCESS_KEY'].encode()
    for part in (day, 'us-east-1', 's3', 'aws4_request'):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    user = os.environ['AWS_ACCESS_KEY_ID']
    headers = {'x-amz-content-sha256': empty, 'x-amz-date': at,
               'Authorization': f'AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, Signature={signature}'}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(f'http://minio:9000/{bucket}', method='PUT', headers=headers))
create('wikisentry')
for path in pathlib.Path(folder).glob('edits/**/*.parquet'):
    place.put(str(path.relative_to(folder)), path.read_bytes())
print(len(list(place.objects('edits'))))
"
ask() { python -c "
import sys; sys.path.insert(0, '/opt/spark')
from jobs import store
place = store.of('s3://wikisentry')
$1"; }

begun=$(date +%s)
check "labels are made" driver label_join --run-id retrain
echo "     $(seconds "$begun")"
peak

# Killed while it trains: what had ended is not done again, and nothing of the rest is visible.
docker rm --force "$prefix-driver" > /dev/null
options=(--detach)
driver label_join dataset train evaluate_and_promote --run-id retrain --trees 40 > /dev/null
options=()
for _ in $(seq 600); do
  docker logs "$prefix-driver" 2>&1 | grep -q '"train begins"' && break
  sleep 0.5
done
docker kill "$prefix-driver" > /dev/null
check "labels were not made again" bash -c "docker logs $prefix-driver 2>&1 | grep -q 'label_join ended in an earlier attempt'"
check "no version is there after a kill" ask "assert not place.folders('models/edit-risk/versions')"
begun=$(date +%s)
check "the next attempt goes on and ends" driver label_join dataset train evaluate_and_promote --run-id retrain --trees 40
echo "     $(seconds "$begun")"
peak
check "the data set was not made again" bash -c "docker logs $prefix-driver 2>&1 | grep -q 'dataset ended in an earlier attempt'"
check "a version is there, with its verdict" ask "
report = place.json('runs/retrain/evaluate_and_promote.json')
assert place.json(f'models/edit-risk/versions/{report[\"version\"]}/card.json')['decision']['promote'] == report['promoted'], report
print(report['promoted'], report['reason'])"
check "nothing of a committer is left" ask "
left = [it['path'] for it in place.objects() if '__magic' in it['path'] or '_temporary' in it['path']]
assert not left, left[:3]
[name] = [it for it in place.folders('datasets')]
assert place.json(f'datasets/{name}/dataset.json')"

begun=$(date +%s)
check "the tables of a day are made" driver daily_analytics --run-id day-1 --from 2026-03-06
echo "     $(seconds "$begun")"
peak
check "all seven" ask "assert len(list(place.objects('analytics'))) == 7"
tags() { ask "print(sorted((it['path'], it['e_tag']) for it in place.objects('analytics')))"; }
tags > "$work/first"
check "and made again" driver daily_analytics --run-id day-2 --from 2026-03-06
check "they are the same, byte for byte" bash -c "$(declare -f tags ask python); prefix=$prefix; image=$image; keys=(${keys[*]}); cd '$PWD'; diff <(tags) '$work/first'"
check "too little to learn from ends with code 4" bash -c "$(declare -f driver); prefix=$prefix; image=$image; keys=(${keys[*]}); options=(); driver dataset --run-id few --min-new-labels 1000000; [ \$? = 4 ]"
check "files of hours that are young are left alone" driver compact_lake --run-id compact-1 --compact-files 1
check "a closed hour is made one file, with every edit once" ask "
import io, pyarrow.parquet as pq
from jobs import compact_lake
folder = max({it['path'].rpartition('/')[0] for it in place.objects('edits')}, key=lambda it: len(list(place.objects(it))))
def ids():
    files = [pq.read_table(io.BytesIO(place.read(it['path'])[0])) for it in place.objects(folder)]
    return sorted(id for file in files for id in file['meta_id'].to_pylist())
before = ids()
files, rows = compact_lake.compact(place, folder)
assert files > 1 and rows == len(before) and ids() == before
assert len(list(place.objects(folder))) == 1"
exit "$failed"
