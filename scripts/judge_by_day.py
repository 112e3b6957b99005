"""What a feature is worth on a day that no model has seen: PAN-11 by its three days.

    pip install --require-hashes -r scripts/requirements-bootstrap.txt
    python scripts/judge_by_day.py time_hour     # about two minutes on one core

For each day, the bootstrap model is trained on the other two and on the KI-2022 sample, with the
feature and without it. Folds at random, as in train_bootstrap.py, show a model the hours of the very
day that it is judged on.
"""

import argparse
import gzip
import json

import numpy as np
import train_bootstrap as bootstrap
from train_bootstrap import Ranking

PAN = "pan11_en.jsonl.gz"


def margins(feature, is_used):
    """Margins of PAN-11's rows from models that have not seen their day, and the day of each."""
    masked = [name for name in bootstrap.UNTAUGHT if name != feature]
    bootstrap.UNTAUGHT = masked if is_used else [*masked, feature]
    _, names, pan, _ = bootstrap.load(PAN)
    _, _, ki, _ = bootstrap.load("ki2022_sample.jsonl.gz")
    lines = gzip.decompress((bootstrap.ROOT / "testdata" / "labelled" / PAN).read_bytes()).decode().splitlines()
    days = np.array([json.loads(line)["timestamp"][:10] for line in lines])
    found = np.zeros(len(pan.y))
    for day in sorted(set(days)):
        train, test = np.flatnonzero(days != day), np.flatnonzero(days == day)
        parts = [(pan, train), (ki, np.arange(len(ki.y)))]
        bootstrap.TextModel(parts).set(pan, test, names.index("text_risk"))
        found[test] = bootstrap.margins(bootstrap.fit(parts, names), pan.x[test], names)
    return pan.y, days, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feature", help="its name, e.g. time_hour")
    feature = parser.parse_args().feature
    print("| day | edits | ROC-AUC / PR-AUC with it | without it |")
    print("| --- | ---: | --- | --- |")
    (y, days, used), (_, _, masked) = (margins(feature, is_used) for is_used in (True, False))
    for name in [*sorted(set(days)), "all"]:
        rows = np.full(len(y), True) if name == "all" else days == name
        cells = [
            "%.4f / %.4f" % tuple(measure(Ranking(y[rows], scores[rows]), np.ones(rows.sum())) for measure in (Ranking.roc_auc, Ranking.pr_auc))
            for scores in (used, masked)
        ]
        print(f"| {name} | {rows.sum()} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
