#!/usr/bin/env bash
# Builds the images under the tag that compose.yaml takes by default, parents
# first. `wikisentry images build` does the same and tags by content.
set -euo pipefail
cd "$(dirname "$0")/../images"

tag=${1:-local}
docker build -t "wikisentry/base:$tag" base
docker build -t "wikisentry/minio:$tag" --build-arg "BASE=wikisentry/base:$tag" minio
docker build -t "wikisentry/kafka:$tag" --build-arg "BASE=wikisentry/base:$tag" kafka
docker build -t "wikisentry/connect:$tag" --build-arg "BASE=wikisentry/kafka:$tag" connect
