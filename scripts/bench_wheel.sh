#!/usr/bin/env bash
# The wheel's rate beside that of the same work in Rust, and requests a second of the HTTP API that scores by it,
# one worker on one core (needs wrk): the figures of docs/BENCHMARKS.md.
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/check_venv.sh crates/python/tests/requirements.txt)"
serving="$(scripts/check_venv.sh images/serving/tests/requirements.txt)"
work="$(mktemp -d)"
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
"$python" -m maturin build --quiet --release --locked --manifest-path crates/python/Cargo.toml --out "$work"
"$python" -m pip install --quiet --no-index --no-deps --target "$work/installed" "$work"/*.whl
export PYTHONPATH="$work/installed"
cargo build --quiet --release --locked -p wikisentry-core --example batch_rate
"$python" scripts/bench_wheel.py "${CARGO_TARGET_DIR:-target}/release/examples/batch_rate"

port=18732
cat > "$work/predict.lua" <<'LUA'
local file = io.open("testdata/events/recentchange-2026-temporary-account.json")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/json"
LUA
(cd images/serving && SERVING_HOST=127.0.0.1 SERVING_PORT=$port exec taskset -c 0 "$serving" -m app 2> "$work/log") &
server=$!
until curl --silent --fail --noproxy '*' "http://127.0.0.1:$port/health/ready" > /dev/null; do sleep 0.2; done
before=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
begin=$(date +%s.%N)
taskset -c 1 wrk --threads 1 --connections 16 --duration "${SECONDS_OF_LOAD:-10}s" --latency \
  --script "$work/predict.lua" "http://127.0.0.1:$port/predict" | tee "$work/wrk"
after=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
awk -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" -v begin="$begin" -v end="$(date +%s.%N)" '
  / requests in / { requests = $1 }
  END { cpu = ticks / hertz
        printf "%d requests in %.1f s of processor time: %.0f a second of it; the server had %.0f %% of its core\n",
          requests, cpu, requests / cpu, 100 * cpu / (end - begin) }' "$work/wrk"
