#!/usr/bin/env python3
"""Raw events parsed, turned into features and scored in batches of 1,000: the wheel beside the same in Rust.

    python scripts/bench_wheel.py target/release/examples/batch_rate

By processor time, which a busy machine lengthens less than the clock's; the two take turns, the median of
several rounds counts.
"""

import gzip
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import pyarrow as pa
import wikisentry

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSION = ROOT / "models" / "edit-risk" / "versions" / "1"
BATCH = 1_000
ROUNDS, REPEATS = 20, 9


def in_rust(binary, file, rounds):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [binary, VERSION / "model.json", VERSION / "card.json", file, str(rounds)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(printed), seconds


def in_python(score, batches, rounds):
    begin = time.process_time()
    for _ in range(rounds):
        for batch in batches:
            score(batch, score_bots=True)
    return time.process_time() - begin


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    packed = (ROOT / "testdata" / "sample" / "recentchange.jsonl.gz").read_bytes()
    events = gzip.decompress(packed).splitlines()
    lists = [events[at : at + BATCH] for at in range(0, len(events), BATCH)]
    columns = [pa.array(batch, pa.large_binary()) for batch in lists]
    model = wikisentry.Model.bootstrap()
    figures = {"Rust": [], "wheel, lists of bytes": [], "wheel, Arrow columns": []}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "events.jsonl")
        file.write_bytes(b"\n".join(events))
        for _ in range(REPEATS):
            # What one round costs beside the rounds: the start, the model.
            _, start = in_rust(sys.argv[1], file, 1)
            scored, whole = in_rust(sys.argv[1], file, ROUNDS + 1)
            figures["Rust"].append(whole - start)
            figures["wheel, lists of bytes"].append(in_python(model.score, lists, ROUNDS))
            figures["wheel, Arrow columns"].append(in_python(model.score, columns, ROUNDS))
    known = sum(1 for score in pa.array(model.score(events, score_bots=True)) if score.is_valid)
    assert scored == known * (ROUNDS + 1), "both score the same edits"
    rust = statistics.median(figures["Rust"])
    for name, seconds in figures.items():
        median = statistics.median(seconds)
        rate = ROUNDS * len(events) / median
        print(f"{name}: {rate:,.0f} events/s of processor time, {100 * rust / median:.0f} % of Rust's rate")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
