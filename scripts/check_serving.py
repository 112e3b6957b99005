#!/usr/bin/env python3
"""Tries the image `serving` beside MinIO and beside the embedded API: see scripts/check_serving.sh.

    python scripts/check_serving.py target/debug/wikisentry SERVING_IMAGE MINIO_IMAGE NAMES

NAMES begins the names of what is made. Prints a line for each thing that holds; ends with 1 at the first that
does not.
"""

import contextlib
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import httpx
import obstore
from obstore.store import S3Store

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSION = ROOT / "models" / "edit-risk" / "versions" / "1"
KEY, SECRET = "wikisentry", "wikisentry-check"
LIMIT = "256m"


def docker(*arguments, check=True):
    done = subprocess.run(["docker", *arguments], stdout=subprocess.PIPE, text=True, check=check)
    return done.stdout.strip()


def until(condition, seconds, what):
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        with contextlib.suppress(httpx.HTTPError):
            if condition():
                return time.monotonic() - begin
        time.sleep(0.1)
    sys.exit(f"after {seconds} s: {what}")


def hold(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")
    print(f"holds: {what}")


def address(container, port):
    return "http://" + docker("port", container, str(port)).splitlines()[0].replace("0.0.0.0", "127.0.0.1")


class Registry:
    """Writes what a retraining and a person write."""

    def __init__(self, endpoint):
        self.store = S3Store(
            "wikisentry",
            prefix="models/edit-risk",
            config={"endpoint": endpoint, "region": "us-east-1", "access_key_id": KEY, "secret_access_key": SECRET},
            client_options={"allow_http": True},
        )

    def publish(self, number, damage=b""):
        card = json.loads((VERSION / "card.json").read_bytes()) | {"version": number}
        obstore.put(self.store, f"versions/{number}/model.json", (VERSION / "model.json").read_bytes() + damage)
        obstore.put(self.store, f"versions/{number}/card.json", json.dumps(card).encode())

    def promote(self, number):
        alias = {"version": number, "updated_at": "2026-11-22T17:00:00.000Z"}
        obstore.put(self.store, "aliases/champion", json.dumps(alias).encode())


class Load(threading.Thread):
    """Asks for predictions without a pause, until told to stop."""

    def __init__(self, base, event):
        super().__init__()
        self.base, self.event = base, event
        self.versions, self.failures, self.asked = {}, [], 0
        self.goes_on = True

    def run(self):
        with httpx.Client(base_url=self.base, trust_env=False) as client:
            while self.goes_on:
                self.asked += 1
                try:
                    answer = client.post("/predict", content=self.event, headers={"content-type": "application/json"})
                    version = answer.json().get("model_version")
                    if answer.status_code != 200:
                        self.failures.append(answer.text)
                    self.versions.setdefault(version, time.monotonic())
                except (httpx.HTTPError, ValueError) as error:
                    self.failures.append(repr(error))

    def end(self):
        self.goes_on = False
        self.join()
        return self


def equal_to_embedded(binary, home, client, events):
    command = [binary, "--config", os.devnull]
    environment = os.environ | {"WIKISENTRY_HOME": str(home)}
    listen = "127.0.0.1:18731"
    up = [*command, "up", "--replay", "sample", "--set", f"api.listen={listen}"]
    subprocess.run(up, check=True, env=environment, stdout=subprocess.DEVNULL)
    try:
        bodies = [*events, b"", b"[", b"{}", b"[{}]", b"\xff", b"[" + b",".join(events[:1_000]) + b"]"]
        bodies += [b"[" + b",".join(events[at : at + 500]) + b"]" for at in range(0, len(events), 500)]
        json_type = {"content-type": "application/json"}
        requests = [(body, json_type) for body in bodies]
        requests += [(b"{}", {"content-type": "text/plain"}), (b"{}", json_type | {"content-encoding": "br"})]
        with httpx.Client(base_url=f"http://{listen}", trust_env=False) as embedded:
            for body, headers in requests:
                theirs, ours = (one.post("/predict", content=body, headers=headers) for one in (embedded, client))
                if (theirs.status_code, theirs.content) != (ours.status_code, ours.content):
                    sys.exit(f"embedded {theirs.status_code} {theirs.text}\nserving {ours.status_code} {ours.text}")
            # The text names the setting, which has another name here.
            long = b" " * ((1 << 20) + 1)
            theirs, ours = (one.post("/predict", content=long, headers=json_type) for one in (embedded, client))
            hold(theirs.status_code == ours.status_code == 413, "a body over the limit is refused with 413 by both")
    finally:
        subprocess.run([*command, "down"], check=True, env=environment, stdout=subprocess.DEVNULL)
    return len(requests)


def explanations_equal(binary, client, events):
    """`wikisentry explain` of the same events."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "events.jsonl")
        file.write_bytes(b"\n".join(events))
        command = [binary, "--config", os.devnull, "explain", str(file), "--output", "json"]
        environment = os.environ | {"WIKISENTRY_HOME": folder}
        printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    known = [json.loads(line) for line in printed.splitlines()]
    for event, theirs in zip(events, known, strict=True):
        ours = client.post("/explain", content=event, headers={"content-type": "application/json"}).json()
        # The API's error says what to send; the command line's has the event's id.
        if ours.get("error") != theirs.get("error") or "error" not in ours and ours != theirs:
            sys.exit(f"explain {theirs}\nserving {ours}")
    return len(known)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    binary, image, minio_image, names = sys.argv[1:]
    network, minio, serving = names, f"{names}-minio", f"{names}-serving"
    packed = (ROOT / "testdata" / "sample" / "recentchange.jsonl.gz").read_bytes()
    events = gzip.decompress(packed).splitlines()
    recorded = {path.stem: path.read_bytes() for path in (ROOT / "testdata" / "events").glob("[cpr]*.json")}
    event = recorded["recentchange-2026-temporary-account"]

    def clean():
        for container in (serving, minio):
            subprocess.run(["docker", "rm", "-f", "-v", container], capture_output=True)
        subprocess.run(["docker", "network", "rm", network], capture_output=True)

    clean()
    try:
        docker("network", "create", network)
        docker(
            "run", "-d", "--name", minio, "--network", network, "--network-alias", "minio", "-p", "127.0.0.1::9000",
            "-e", f"MINIO_ROOT_USER={KEY}", "-e", f"MINIO_ROOT_PASSWORD={SECRET}", "--tmpfs", "/tmp", minio_image,
        )  # fmt: skip
        begin = time.monotonic()
        docker(
            "run", "-d", "--name", serving, "--network", network, "-p", "127.0.0.1::8000", "--read-only",
            "--tmpfs", "/tmp:size=16m", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-m", LIMIT,
            "-e", "S3_ENDPOINT=http://minio:9000", "-e", f"AWS_ACCESS_KEY_ID={KEY}",
            "-e", f"AWS_SECRET_ACCESS_KEY={SECRET}", "-e", "SERVING_DRAIN_SECONDS=2", "-e", f"SERVING_WORKERS={os.environ.get('WORKERS', '1')}", image,
        )  # fmt: skip
        base = address(serving, 8000)
        client = httpx.Client(base_url=base, trust_env=False, timeout=30)
        until(lambda: client.get("/health/ready").status_code == 200, 60, "serving is ready")
        print(f"ready {time.monotonic() - begin:.1f} s after its start")
        hold(client.get("/model").json()["source"] == "bootstrap", "no champion: the model in the image scores")
        with tempfile.TemporaryDirectory() as home:
            count = equal_to_embedded(binary, home, client, [*events, *recorded.values()])
        print(f"holds: {count} answers equal to the embedded API's, byte for byte")
        count = explanations_equal(binary, client, list(recorded.values()) + events[:300])
        print(f"holds: {count} explanations, or refusals, equal to the program's")
        print("memory:", docker("stats", "--no-stream", "--format", "{{.MemUsage}}", serving))

        store = address(minio, 9000)
        docker("exec", minio, "mkdir", "-p", "/data/wikisentry")
        registry = Registry(store)
        load = Load(base, event)
        load.start()
        for number in (2, 3):
            registry.publish(number)
            begin = time.monotonic()
            registry.promote(number)
            until(lambda: f"edit-risk/{number}" in load.versions, 20, f"version {number} answers")
            took = load.versions[f"edit-risk/{number}"] - begin
            hold(took < 10, f"version {number} answers {took:.1f} s after its promotion, under load")
        registry.publish(4, damage=b" ")
        registry.promote(4)
        problem = lambda: client.get("/model").json()["problem"]
        until(lambda: problem() and "SHA-256" in problem()["message"], 20, "the damaged version is reported")
        hold(client.get("/model").json()["model_version"] == "edit-risk/3", "a damaged version is refused and reported")
        hold("serving_model_problem 1.0" in client.get("/metrics").text, "the figures show it")
        hold("SHA-256 is" in subprocess.run(["docker", "logs", serving], capture_output=True, text=True).stderr, "the log, too")
        docker("pause", minio)
        time.sleep(6)
        hold(client.get("/health/ready").status_code == 200, "ready though the object store does not answer")
        docker("unpause", minio)
        registry.promote(3)
        until(lambda: problem() is None, 30, "the problem is over")
        load.end()
        hold(not load.failures, f"{load.asked} requests under load, none failed {load.failures[:1]}")

        load = Load(base, event)
        load.start()
        time.sleep(0.5)
        stopping = threading.Thread(target=docker, args=("stop", "-t", "30", serving))
        stopping.start()
        until(lambda: client.get("/health/ready").status_code == 503, 5, "SIGTERM ends readiness")
        load.end()
        hold(not load.failures, f"not ready after SIGTERM, and {load.asked} requests still answered {load.failures[:1]}")
        stopping.join()
        code = docker("inspect", "--format", "{{.State.ExitCode}}", serving)
        hold(code == "0", f"it ends with exit code {code}")
        for line in subprocess.run(["docker", "logs", serving], capture_output=True, text=True).stderr.splitlines():
            json.loads(line)
        print("holds: every line of its log is JSON")
    except BaseException:
        subprocess.run(["docker", "logs", "--tail", "30", serving])
        raise
    finally:
        clean()


if __name__ == "__main__":
    main()
