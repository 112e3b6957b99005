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
wikisentry() { WIKISENTRY_HOME="$home" "$target/debug/wikisentry" --config /dev/null "$@"; }
lake="$(wikisentry endpoints --output json | "$python" -c 'import json, sys; print(json.load(sys.stdin)["lake"])')"
"$python" scripts/check_lake.py "$lake"
