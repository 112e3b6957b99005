#!/usr/bin/env python3
"""Measures the profile k3d on this machine and prints the rows of docs/BENCHMARKS.md, as they are measured.

It needs Docker, k3d, the images of `wikisentry images build`, and the program: WIKISENTRY_BIN or target/release/wikisentry.
Everything has names, ports and a state of its own, and is gone afterwards. Phases, all by default but the last:

  catch-up   edits wait in Kafka before Flink starts: edits a second through the whole job, in the second half of EDITS
  start      from nothing, with images in the engine, to the first classified edit
  latency    edits at 50 a second: arrival to readable edit, and to readable alert
  recovery   Flink's processes are killed: until edits that came after that are readable
  memory     of each pod and of the node, at 50 edits a second
  soak       500 edits a second for SOAK_FOR seconds (1800): what grows
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

PROJECT = "wikisentry-bench"
PHASES = ["catch-up", "start", "latency", "recovery", "memory"]
SOAK = "soak"
NODE = f"k3d-{PROJECT}-server-0"
PROCESSES = {"TaskManager": "TaskManagerRunner", "JobManager": "ApplicationClusterEntryPoint"}
# Most edits get a risk above this: each of them raises an alert.
ALERT_OF_NEARLY_ALL = "0.02"


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Platform:
    """A platform of the script's own, and the server of its recording."""

    def __init__(self, program, size):
        self.program, self.size = program, size
        self.home = Path(tempfile.mkdtemp(prefix=PROJECT))
        self.server = None
        names = ["CLUSTER", "FLINK", "SERVING", "KAFKA", "CONNECT", "MINIO"]
        self.settings = {f"{name}__PORT": str(21_000 + at) for at, name in enumerate(names)}
        self.settings |= {
            "KAFKA__SASL_PORT": "21010",
            "MINIO__CONSOLE_PORT": "21011",
            "PROFILE": "k3d",
            "SIZE": size,
            "CLUSTER__NAME": PROJECT,
            "DOCKER__PROJECT": PROJECT,
            "DOCKER__SUBNET": "172.30.99.0/24",
            "DOCKER__DEADLINE": "10m",
            "SOURCE__STREAMS": "recentchange",
            "SOURCE__URL": "http://host.docker.internal:9/v2/stream",
        }

    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WIKISENTRY_")}
        own = {f"WIKISENTRY_{key}": value for key, value in self.settings.items()}
        return kept | own | {"WIKISENTRY_HOME": str(self.home / "state"), "XDG_CONFIG_HOME": str(self.home / "config")}

    def start(self, *arguments, **options):
        return subprocess.Popen([self.program, *arguments], env=self.environment(), text=True, **options)

    def run(self, *arguments, check=True):
        done = subprocess.run([self.program, *arguments], env=self.environment(), text=True, capture_output=True)
        if check and done.returncode:
            sys.exit(f"{arguments} ended with {done.returncode}\n{done.stderr[-3000:]}")
        return done.stdout

    def serve(self, *arguments):
        self.stop_serving()
        command = ["replay", "sample", "--listen", "docker", "--port", "0", *arguments]
        self.server = self.start(*command, stdout=subprocess.PIPE)
        for line in self.server.stdout:
            if line.startswith("url"):
                self.settings["SOURCE__URL"] = line.removeprefix("url").strip()
                return

    def stop_serving(self):
        if self.server:
            self.server.kill()
            self.server.wait()

    def status(self):
        shown = self.run("status", "--output", "json", check=False)
        return json.loads(shown) if shown else {}

    def records(self, *names):
        topics = {one["name"]: one["records"] or 0 for one in self.status().get("topics", [])}
        return sum(topics.get(name, 0) for name in names)

    def stages(self):
        """Seconds of each stage of the last start."""
        lines = (self.home / "state/data-layer/journal.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        begun, took = {}, {}
        for one in entries:
            if one["pid"] != entries[-1]["pid"]:
                continue
            at = seconds(one["time"])
            if one["phase"] == "started":
                begun[one["stage"]] = at
            elif one["stage"] in begun:
                took[one["stage"]] = at - begun[one["stage"]]
        return took

    def purge(self):
        self.stop_serving()
        # Not with what a phase set in addition, which may be wrong.
        self.settings = {key: value for key, value in self.settings.items() if not key.startswith("ALERTS__")}
        self.run("down", "--purge", "--yes")
        shutil.rmtree(self.home, ignore_errors=True)


class Reader(threading.Thread):
    """Reads a topic and notes for each record when it could be read."""

    def __init__(self, platform, topic):
        super().__init__(daemon=True)
        self.records = []
        self.tail = platform.start("tail", topic, "--follow", "--output", "json", stdout=subprocess.PIPE)
        self.start()

    def run(self):
        for line in self.tail.stdout:
            self.records.append((time.time(), json.loads(line)))

    def stop(self):
        self.tail.kill()
        self.join()
        return self.records


def row(what, figure):
    print(f"| {what} | {figure} |", flush=True)


def catch_up(platform):
    edits = int(os.environ.get("EDITS", "2000000"))
    platform.serve("--rate", "max", "--repeat", str(edits // 4_068 + 1))
    platform.run("up", "--until", "data-layer", "--timeout", "120")
    raw = ["edits.registered", "edits.anonymous", "edits.bot"]
    while (came := platform.records(*raw)) < edits:
        print(f"  {came} of {edits} edits are in Kafka", file=sys.stderr)
        time.sleep(5)
    platform.stop_serving()
    up = platform.start("up", "--until", "all", "--timeout", "0", stderr=subprocess.DEVNULL)
    seen = []
    while not seen or seen[-1][1] < edits * 0.98:
        seen.append((time.monotonic(), platform.records("edits.classified")))
        # Asking costs a tenth of a second of a core.
        time.sleep(2)
    up.wait()
    # The compiler of the JVM takes a third of the processor in the first half minute.
    inside = [one for one in seen if edits * 0.5 < one[1] < edits * 0.95]
    (first, few), (last, many) = inside[0], inside[-1]
    row(f"Flink, {platform.size}, dedupe, alerts and lake: edits from Kafka, classified", f"{(many - few) / (last - first):,.0f}/s")


def start(platform):
    platform.serve("--rate", "50", "--repeat", "1000")
    begun = time.monotonic()
    platform.run("up", "--timeout", "300")
    row("`up` from nothing, images in the engine, to the first classified edit", f"{time.monotonic() - begun:.0f} s")
    for stage, took in platform.stages().items():
        row(f"… stage {stage}", f"{took:.0f} s")


def latency(platform):
    platform.settings["ALERTS__HIGH_RISK_SCORE"] = ALERT_OF_NEARLY_ALL
    platform.settings |= {"ALERTS__COOLDOWN": "1s", "ALERTS__MAX_PER_MINUTE": "1000"}
    platform.run("up", "--timeout", "120")
    edits, alerts = Reader(platform, "edits.classified"), Reader(platform, "alerts")
    time.sleep(float(os.environ.get("LATENCY_FOR", "90")))
    edits, alerts = edits.stop(), alerts.stop()
    came = {f"{one['wiki']}:{one['rev_id']}": seconds(one["ingest_time"]) for _, one in edits}
    took = [at - seconds(one["ingest_time"]) for at, one in edits[200:]]
    row(f"arrival → readable in `edits.classified` (read_committed), p50 / p99 of {len(took)}", f"{percentile(took, 0.5):.2f} / {percentile(took, 0.99):.2f} s")
    took = [at - came[one["subject"]] for at, one in alerts[50:] if one["subject"] in came]
    if took:
        row(f"arrival → alert readable, p50 / p99 of {len(took)}", f"{percentile(took, 0.5):.2f} / {percentile(took, 0.99):.2f} s")


def in_node(word, command):
    """Runs a command of the shell for each Java process of the node, `$one` its folder in /proc, whose command line has the word."""
    script = f'for one in /proc/[0-9]*; do [ "$(cat $one/comm 2>/dev/null)" = java ] && grep -q {word} $one/cmdline && {command}; done; true'
    return subprocess.run(["docker", "exec", NODE, "sh", "-c", script], check=True, text=True, stdout=subprocess.PIPE).stdout


def recovery(platform):
    for name, word in PROCESSES.items():
        edits = Reader(platform, "edits.classified")
        time.sleep(10)
        killed = time.time()
        in_node(word, "kill -9 ${one#/proc/}")
        while not any(seconds(one["ingest_time"]) > killed for _, one in list(edits.records)):
            if time.time() > killed + 300:
                sys.exit(f"no edits five minutes after the {name} was killed")
            time.sleep(0.1)
        row(f"{name} killed → later edits readable", f"{time.time() - killed:.1f} s")
        edits.stop()
        time.sleep(30)


def memory(platform):
    end, peaks = time.monotonic() + float(os.environ.get("MEMORY_FOR", "120")), {}
    while time.monotonic() < end:
        for one in platform.status().get("components", []):
            if one.get("memory_bytes"):
                used, limit = peaks.get(one["name"], (0, 0))
                peaks[one["name"]] = max(used, one["memory_bytes"]), one.get("memory_limit_bytes") or limit
        time.sleep(2)
    for name, (used, limit) in sorted(peaks.items()):
        row(f"memory of {name}, peak of limit", f"{used >> 20} of {limit >> 20} MiB")


def descriptors():
    """Open files of each process of Flink."""
    shown = {name: in_node(word, "ls $one/fd | wc -l") for name, word in PROCESSES.items()}
    return {f"open files, {name}": sum(map(int, counts.split())) for name, counts in shown.items()}


def transactional_ids(account):
    environment = ["--env", f"KAFKA_USER={account['user']}", "--env", "KAFKA_PASSWORD"]
    command = ["docker", "exec", *environment, f"{PROJECT}-kafka-1", "kafka", "transactions", "list"]
    secret = os.environ | {"KAFKA_PASSWORD": account["password"]}
    shown = subprocess.run(command, text=True, capture_output=True, env=secret).stdout
    return max(0, len(shown.splitlines()) - 1)


def soak(platform):
    platform.serve("--rate", "500", "--repeat", "100000")
    platform.run("up", "--timeout", "120")
    account = json.loads(platform.run("credentials", "--output", "json"))["kafka"][0]
    end, taken = time.monotonic() + float(os.environ.get("SOAK_FOR", "1800")), {}
    before = platform.records("edits.classified")
    begun = time.monotonic()
    while time.monotonic() < end:
        status = platform.status()
        sample = descriptors() | {"transactional ids": transactional_ids(account)}
        for one in status.get("components", []):
            if one.get("memory_bytes"):
                sample[f"MiB of {one['name']}"] = one["memory_bytes"] >> 20
            if job := one.get("job"):
                sample["KiB of a checkpoint"] = (job.get("state_bytes") or 0) >> 10
                sample["restarts of the job"] = job.get("restarts") or 0
        sample["records that wait"] = sum(one["lag"] for one in status.get("consumers") or [])
        for name, value in sample.items():
            taken.setdefault(name, []).append(value)
        time.sleep(20)
    came = platform.records("edits.classified") - before
    row("soak: edits a second, classified", f"{came / (time.monotonic() - begun):.0f}/s")
    for name, values in sorted(taken.items()):
        third = max(1, len(values) // 3)
        first, last = percentile(values[third : 2 * third] or values, 0.5), percentile(values[-third:], 0.5)
        row(f"soak: {name}, median of the second and of the last third, most", f"{first}, {last}, {max(values)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phases", nargs="*", metavar="PHASE", help=", ".join([*PHASES, SOAK]))
    parser.add_argument("--size", default="small")
    given = parser.parse_args()
    phases = given.phases or PHASES
    if unknown := set(phases) - {*PHASES, SOAK}:
        parser.error(f"no such phase: {', '.join(unknown)}")
    program = os.environ.get("WIKISENTRY_BIN", "target/release/wikisentry")
    platform = Platform(program, given.size)
    try:
        if "catch-up" in phases:
            catch_up(platform)
            platform.purge()
            platform = Platform(program, given.size)
        start(platform)
        for name, phase in [("latency", latency), ("recovery", recovery), ("memory", memory), (SOAK, soak)]:
            if name in phases:
                phase(platform)
    finally:
        platform.purge()


if __name__ == "__main__":
    main()
