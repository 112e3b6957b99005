#!/usr/bin/env bash
# Replays the bundled sample through the platform and reads the lake with other tools.
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/check_venv.sh scripts/requirements-check.txt)"
cargo build --locked --quiet
target="${CARGO_TARGET_DIR:-target}"
home="$(mktemp -d)"
trap 'rm -rf "$home"' EXIT
"$python" scripts/check_replay.py "$target/debug/wikisentry" "$home"
"$python" scripts/check_lake.py "$home/recordings/sample/lake"
