#!/usr/bin/env bash
# Builds the images under the tag that compose.yaml takes by default, parents
# first. `wikisentry images build` does the same and tags by content.
set -euo pipefail
cd "$(dirname "$0")/../images"

tag=${1:-local}

# An image whose folder lists further files of the repository: FOLDER. As the
# program does it (crates/driver/src/images/folder.rs).
build_listed() {
  local context
  context=$(mktemp -d)
  cp -r "$1/." "$context"
  sed 's/#.*//; s/ *$//; /^$/d' "$1/context.list" \
    | tar --create --directory .. --exclude=tests --exclude=tests.rs --exclude=benches --exclude=examples --exclude=target \
        --exclude=__pycache__ --files-from - \
    | tar --extract --directory "$context"
  docker build -t "wikisentry/$1:$tag" "$context"
  rm -r "$context"
}

docker build -t "wikisentry/base:$tag" base
docker build -t "wikisentry/minio:$tag" --build-arg "BASE=wikisentry/base:$tag" minio
docker build -t "wikisentry/kafka:$tag" --build-arg "BASE=wikisentry/base:$tag" kafka
docker build -t "wikisentry/connect:$tag" --build-arg "BASE=wikisentry/kafka:$tag" connect
build_listed native
docker build -t "wikisentry/flink:$tag" --build-arg "BASE=wikisentry/base:$tag" --build-arg "NATIVE=wikisentry/native:$tag" flink
docker build -t "wikisentry/serving:$tag" --build-arg "BASE=wikisentry/base:$tag" --build-arg "NATIVE=wikisentry/native:$tag" serving
docker build -t "wikisentry/airflow:$tag" --build-arg "BASE=wikisentry/base:$tag" airflow
docker build -t "wikisentry/postgres:$tag" --build-arg "BASE=wikisentry/base:$tag" postgres
docker build -t "wikisentry/spark:$tag" --build-arg "BASE=wikisentry/base:$tag" --build-arg "NATIVE=wikisentry/native:$tag" spark
