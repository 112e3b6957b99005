#!/usr/bin/env bash
# Builds the image `serving` and tries it in containers: answers equal to the embedded API's, a champion promoted
# under load without a failed request, a damaged one refused, the object store away, and the way it stops.
# Needs Docker, the images `base`, `minio` and `native`, and the program (debug). Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

tag="${TAG:-local}"
python="$(scripts/check_venv.sh images/serving/tests/requirements.txt)"
[ -x "${CARGO_TARGET_DIR:-target}/debug/wikisentry" ] || cargo build --workspace --locked --quiet --bins
docker build --quiet --tag wikisentry/serving:check \
  --build-arg "BASE=wikisentry/base:$tag" --build-arg "NATIVE=${NATIVE:-wikisentry/native:$tag}" images/serving > /dev/null
exec "$python" scripts/check_serving.py "${CARGO_TARGET_DIR:-target}/debug/wikisentry" \
  wikisentry/serving:check "wikisentry/minio:$tag" "${NAMES:-wikisentry-check}"
