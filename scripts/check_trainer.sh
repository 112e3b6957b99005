#!/usr/bin/env bash
# Holds our trainer to XGBoost and LightGBM: scripts/check_trainer.sh [--rows N] [--trees N]
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/check_venv.sh scripts/requirements-train.txt)"
"$python" scripts/compare_trainers.py "$@"
