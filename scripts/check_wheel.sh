#!/usr/bin/env bash
# Builds the Python wheel of the core and runs its tests: the shared vectors, hostile bytes, the cell of its
# README. Then those of the HTTP API in images/serving, which scores by it.
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/check_venv.sh crates/python/tests/requirements.txt)"
serving="$(scripts/check_venv.sh images/serving/tests/requirements.txt)"
wheels="$(mktemp -d)"
trap 'rm -rf "$wheels"' EXIT

"$python" -m maturin build --quiet --release --locked --manifest-path crates/python/Cargo.toml --out "$wheels"
# Beside the environments, which are kept: each run tests its own wheel.
"$python" -m pip install --quiet --no-index --no-deps --target "$wheels/installed" "$wheels"/*.whl
export PYTHONPATH="$wheels/installed" PYTHONDONTWRITEBYTECODE=1
"$python" -m pytest -q -p no:cacheprovider crates/python/tests
"$serving" -m pytest -q -p no:cacheprovider -c images/serving/tests/pytest.ini images/serving/tests
