#!/usr/bin/env bash
# Writes the locked requirements of the wheel's tests and of the images with Python again, for Python 3.11 and
# later on Linux and macOS: after a line of a requirements.in was changed, or to take newer versions. Needs
# uv (pip install uv). Look at the diff before committing it.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --output-file "$1.txt" "$1.in"
  echo "$1.txt: $(grep -c == "$1.txt") packages"
}

# Airflow runs on the Python of its image alone, and newer versions of what it brings may break it: nothing is
# taken that came out after the day AIRFLOW_UNTIL.
lock_airflow() {
  uv pip compile --quiet --upgrade --python-version 3.11 --exclude-newer "${AIRFLOW_UNTIL:-2026-09-18}" --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --override images/airflow/overrides.txt --output-file "$1.txt" "$1.in"
  echo "$1.txt: $(grep -c == "$1.txt") packages"
}

lock images/serving/requirements
lock images/spark/requirements
lock images/spark/tests/requirements
lock_airflow images/airflow/requirements
lock_airflow images/airflow/tests/requirements
lock crates/python/tests/requirements
lock images/serving/tests/requirements
