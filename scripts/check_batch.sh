#!/usr/bin/env bash
# Runs the tests of the batch half without containers: Spark's jobs on a lake in a folder, with the wheel, and the DAGs of
# Airflow. Its packages take 2 GB of ~/.cache, once; then it takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

spark="$(scripts/check_venv.sh images/spark/tests/requirements.txt pyspark)"
airflow="$(scripts/check_venv.sh images/airflow/tests/requirements.txt)"
java -version > /dev/null 2>&1 || { echo "not run: it needs Java 17" >&2; exit 77; }
wheels="$(mktemp -d)"
trap 'rm -rf "$wheels"' EXIT

PYTHONDONTWRITEBYTECODE=1 "$airflow" -m pytest -q -p no:cacheprovider -c images/airflow/tests/pytest.ini images/airflow/tests
if [ -z "${WHEEL:-}" ]; then
  "$spark" -m maturin build --quiet --release --locked --manifest-path crates/python/Cargo.toml --out "$wheels"
  WHEEL="$(echo "$wheels"/*.whl)"
fi
"$spark" -m pip install --quiet --no-index --no-deps --target "$wheels/installed" "$WHEEL"
PYTHONPATH="$wheels/installed" PYTHONDONTWRITEBYTECODE=1 \
  "$spark" -m pytest -q -p no:cacheprovider -c images/spark/tests/pytest.ini images/spark/tests
