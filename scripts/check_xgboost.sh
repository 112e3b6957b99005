#!/usr/bin/env bash
# Holds the evaluation of models to Python XGBoost, bit for bit: scripts/check_xgboost.sh [ROWS]
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/check_venv.sh scripts/requirements-train.txt)"
"$python" scripts/make_xgboost_vectors.py --check "${1:-100000}"
