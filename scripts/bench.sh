#!/usr/bin/env bash
# Measures everything: the figures that have to be reached, then the parts by themselves.
# Takes about ten minutes on a quiet machine; a busy one gives worse figures.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo bench --locked --bench figures -- "$@"
for bench in features model labels; do
    cargo bench --locked -p wikisentry-core --bench "$bench"
done
for bench in sse log; do
    cargo bench --locked -p wikisentry-engine --bench "$bench"
done
cargo bench --locked -p wikisentry-lake --bench archive
cargo bench --locked -p wikisentry-replay --bench replay
cargo bench --locked -p wikisentry-trainer --bench train
cargo bench --locked -p wikisentry-learning --bench dataset
