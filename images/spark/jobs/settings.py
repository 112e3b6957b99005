"""What a run is to do, from the environment and the command line, checked before any work."""

import argparse
import dataclasses
import datetime
import os
import re

from .errors import WrongSetting

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
# How long the labeler remembers an edit: 48 hours and one more.
MEMORY_MS = 49 * HOUR_MS
# How long a label takes to count.
MATURITY_MS = 48 * HOUR_MS


@dataclasses.dataclass(frozen=True)
class Settings:
    """Spans are milliseconds; a row count of 0 is no bound."""

    lake: str
    models: str
    datasets: str
    runs: str
    run_id: str
    model: str = "edit-risk"
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None
    maturity_ms: int = MATURITY_MS
    window_ms: int = 45 * DAY_MS
    calibrate_ms: int = DAY_MS
    test_ms: int = 2 * DAY_MS
    test_rows: int = 1_000_000
    trees: int = 600
    workers: int = 1
    min_new_labels: int = 0
    seed: int = 1
    top: int = 100
    compact_files: int = 4

    def days(self):
        """Each day that was asked for, the first and the last included."""
        if self.first_day is None:
            raise WrongSetting("which days? --from YYYY-MM-DD [--to YYYY-MM-DD]")
        count = (self.last_day - self.first_day).days
        return [self.first_day + datetime.timedelta(days=day) for day in range(count + 1)]


def day(text):
    """A day, also from the beginning of a time, as schedulers give it."""
    return datetime.date.fromisoformat(text[:10])


def span(text):
    """Milliseconds from "45d", "36h"."""
    found = re.fullmatch(r"(\d{1,4})([dh])", text)
    if not found:
        raise argparse.ArgumentTypeError(f'"{text}" is no span: 45d, 36h')
    return int(found[1]) * (DAY_MS if found[2] == "d" else HOUR_MS)


def count(text):
    if not re.fullmatch(r"\d{1,12}", text):
        raise argparse.ArgumentTypeError(f'"{text}" is no whole number')
    return int(text)


def parser(jobs):
    usual = {field.name: field.default for field in dataclasses.fields(Settings)}
    about = "Runs jobs one after the other in one Spark application."
    arguments = argparse.ArgumentParser(prog="driver", description=about, allow_abbrev=False)
    arguments.add_argument("jobs", nargs="+", choices=sorted(jobs), metavar="JOB", help=", ".join(sorted(jobs)))
    add = arguments.add_argument
    add("--run-id", required=True, help="what a repeated run goes on from; letters, digits, . _ -")
    add("--from", dest="first_day", type=day, help="first day, YYYY-MM-DD")
    add("--to", dest="last_day", type=day, help="last day; the first one")
    add("--model", default=usual["model"], help="name of the model")
    add("--maturity", dest="maturity_ms", type=span, default=usual["maturity_ms"], help="before a label counts: 48h")
    add("--window", dest="window_ms", type=span, default=usual["window_ms"], help="what is learnt from: 45d")
    add("--calibrate", dest="calibrate_ms", type=span, default=usual["calibrate_ms"], help="of it, to calibrate on: 1d")
    add("--test", dest="test_ms", type=span, default=usual["test_ms"], help="of it, to judge by: 2d")
    add("--test-rows", type=count, default=usual["test_rows"], help="rows to judge by, at most; 0: all")
    add("--trees", type=count, default=usual["trees"], help="at most")
    add("--workers", type=count, default=int(os.environ.get("SPARK_WORKERS", "1")), help="tasks that train together")
    add("--min-new-labels", type=count, default=0, help="damage the champion has not seen, without which none is trained")
    add("--seed", type=count, default=usual["seed"], help="of all chance")
    add("--top", type=count, default=usual["top"], help="pages and users of a day that are listed")
    add("--compact-files", type=count, default=usual["compact_files"], help="files of an hour that are left alone")
    return arguments


def read(jobs, arguments, environment=os.environ):
    """The jobs to run and their settings. Raises `WrongSetting`; wrong arguments end the process with code 2."""
    given = vars(parser(jobs).parse_args(arguments))
    wanted = given.pop("jobs")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", given["run_id"]):
        raise WrongSetting(f"--run-id {given['run_id']!r}: letters, digits, \".\", \"_\" and \"-\", at most 200")
    if given["first_day"] and not given["last_day"]:
        given["last_day"] = given["first_day"]
    if given["last_day"] and not (given["first_day"] and given["first_day"] <= given["last_day"]):
        raise WrongSetting("--to is a day not before that of --from")
    lake = environment.get("LAKE", "").rstrip("/")
    if not lake:
        raise WrongSetting("LAKE must name the lake: s3://wikisentry, or a folder")
    places = {name: environment.get(name.upper(), f"{lake}/{name}").rstrip("/") for name in ("models", "datasets", "runs")}
    return wanted, Settings(lake=lake, **places, **given)
