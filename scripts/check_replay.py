#!/usr/bin/env python3
"""Runs the platform on the bundled sample, as a user would, and holds the lake to the recording.

    python scripts/check_replay.py target/debug/wikisentry FOLDER

FOLDER becomes the state folder and keeps the lake. What must be in it is read from the recording
here, without the project's own parser: every edit once, and nothing else.
"""

import gzip
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import pyarrow.parquet as pq

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "testdata/sample/recentchange.jsonl.gz"
DEADLINE_SECONDS = 300


def recorded_edits():
    """`meta.id` of every edit in the recording, and how many events it has."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    edits = {event["meta"]["id"] for event in events if event.get("type") in ("edit", "new")}
    return edits, len(events)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_archived(address, edits, events):
    # Whatever proxy is set is not for this address.
    http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        with http.open(f"http://{address}/v1/status", timeout=30) as answer:
            status = json.load(answer)
        if status["received"] >= events and status["archived"] >= edits:
            return
        if time.monotonic() > deadline:
            sys.exit(f"after {DEADLINE_SECONDS} s still not archived: {json.dumps(status, indent=1)}")
        time.sleep(0.5)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, home = sys.argv[1:]
    os.environ["WIKISENTRY_HOME"] = home
    command = [binary, "--config", os.devnull]
    address = f"127.0.0.1:{free_port()}"
    edits, events = recorded_edits()
    up = [*command, "up", "--replay", "sample", "--set", f"api.listen={address}"]
    subprocess.run(up, check=True)
    try:
        wait_until_archived(address, len(edits), events)
    finally:
        subprocess.run([*command, "down"], check=True)
    files = sorted(pathlib.Path(home, "recordings/sample/lake/edits").glob("**/*.parquet"))
    columns = [pq.ParquetFile(path).read(columns=["meta_id"])[0] for path in files]
    archived = [id for column in columns for id in column.to_pylist()]
    missing, extra = edits - set(archived), set(archived) - edits
    twice = len(archived) - len(set(archived))
    print(f"{len(archived)} edits archived of {len(edits)} recorded")
    if missing or extra or twice:
        sys.exit(f"missing {sorted(missing)[:3]}, extra {sorted(extra)[:3]}, {twice} twice")


if __name__ == "__main__":
    main()
