"""What each group of features adds on PAN-11, as the Markdown table in docs/BENCHMARKS.md.

    pip install --require-hashes -r scripts/requirements-bootstrap.txt
    python scripts/ablate_features.py            # about three minutes on one core

Data, protocol, parameters and divisions into folds are those of train_bootstrap.py. For each group
of docs/FEATURES.md, which a test holds to the code, models are trained without its columns and on
them alone. Columns are dropped, not blanked, so that each tree draws as many that say something.
The last line is our own trainer on all features.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import train_bootstrap as bootstrap
import xgboost as xgb
from sklearn.model_selection import StratifiedKFold
from train_bootstrap import DIVISIONS, FOLDS, PARAMETERS, RESAMPLES, ROOT, SEED, Ranking, Rows

TEXT = "text_risk"
MEASURES = [Ranking.roc_auc, Ranking.pr_auc]
# PARAMETERS in our trainer's names. It draws columns for a tree only, not again for each node.
OURS = {
    "trees": bootstrap.TREES,
    "learning_rate": PARAMETERS["learning_rate"],
    "max_depth": PARAMETERS["max_depth"],
    "min_child_weight": PARAMETERS["min_child_weight"],
    "lambda": PARAMETERS["reg_lambda"],
    "subsample": PARAMETERS["subsample"],
    "colsample": PARAMETERS["colsample_bytree"],
    "seed": SEED,
    "weighted": "true",
}


def feature_groups():
    """Names of the features of each group, in the order of docs/FEATURES.md."""
    found = {}
    page = (ROOT / "docs" / "FEATURES.md").read_text()
    for name, group in re.findall(r"^\| \d+ \| `(\w+)` \| (\w+) \|", page, re.MULTILINE):
        found.setdefault(group, []).append(name)
    return found


def keep(rows, names, kept):
    """The rows with these columns only. `text_risk` stays, blank unless kept: `fit` expects it."""
    columns = [place for place, name in enumerate(names) if name in kept or name == TEXT]
    narrow = Rows(**{**vars(rows), "x": rows.x[:, columns], "alternative": rows.alternative[:, columns]})
    left = [names[place] for place in columns]
    if TEXT not in kept:
        narrow.x[:, left.index(TEXT)] = narrow.alternative[:, left.index(TEXT)] = np.nan
    return narrow, left


def with_xgboost(parts, names, test):
    return bootstrap.margins(bootstrap.fit(parts, names), test, names)


def with_ours(parts, names, test):
    """As `fit` does it: trees on all but `text_risk`, and a share of that beside them."""
    x, y, weight = (np.concatenate(column) for column in zip(*(rows.training(index) for rows, index in parts)))
    trees_see = np.arange(len(names)) != names.index(TEXT)
    with tempfile.TemporaryDirectory() as folder:
        rows, model = Path(folder) / "rows.f32", Path(folder) / "model.json"
        np.column_stack([y, weight, x[:, trees_see]]).astype("<f4").tofile(rows)
        command = ["cargo", "run", "--quiet", "--locked", "--release", "-p", "wikisentry-trainer", "--example", "train_matrix"]
        command += ["--", str(rows), str(trees_see.sum()), str(model)]
        command += [f"{name}={value}" for name, value in OURS.items()]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        booster = xgb.Booster(model_file=model)
    margin = booster.inplace_predict(test[:, trees_see], predict_type="margin").astype(np.float64)
    return margin + bootstrap.TEXT_SHARE * test[:, ~trees_see][:, 0]


def cross_validate(pan, ki, names, selections):
    """Margins of PAN-11's rows from models that have not seen them: a line for each division, by
    the name of a selection (columns, trainer)."""
    out = {name: np.zeros((len(DIVISIONS), len(pan.y))) for name in selections}
    for repeat, seed in enumerate(DIVISIONS):
        folds = [StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows.x, rows.y) for rows in (pan, ki)]
        for (train, test), (ki_train, _) in zip(*folds):
            text = bootstrap.TextModel([(pan, train), (ki, ki_train)])
            text.set(pan, test, names.index(TEXT))
            for name, (kept, trained) in selections.items():
                (narrow, left), (ki_narrow, _) = keep(pan, names, kept), keep(ki, names, kept)
                out[name][repeat, test] = trained([(narrow, train), (ki_narrow, ki_train)], left, narrow.x[test])
    return out


def resampled(y, scores):
    """Each measure of each scoring, a mean over its lines: on the rows themselves, then on
    bootstrap resamples of them that all scorings share."""
    rng = np.random.default_rng(SEED)
    weights = [np.ones(len(y))]
    weights += [np.bincount(rng.integers(0, len(y), len(y)), minlength=len(y)) for _ in range(RESAMPLES)]
    rankings = {name: [Ranking(y, line) for line in lines] for name, lines in scores.items()}
    return {
        name: np.array([[np.mean([measure(line, weight) for line in lines]) for measure in MEASURES] for weight in weights])
        for name, lines in rankings.items()
    }


def cells(values, sign=""):
    """A cell for each measure: the value and its 95 % interval."""
    low, high = np.percentile(values[1:], [2.5, 97.5], axis=0)
    return [f"{v:{sign}.4f} ({a:{sign}.4f} to {b:{sign}.4f})" for v, a, b in zip(values[0], low, high)]


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    _, names, pan, _ = bootstrap.load("pan11_en.jsonl.gz")
    _, _, ki, _ = bootstrap.load("ki2022_sample.jsonl.gz")
    groups = feature_groups()
    assert [name for group in groups.values() for name in group] == names, "docs/FEATURES.md lists other features"

    selections = {"all": (names, with_xgboost), "ours": (names, with_ours)}
    for group, members in groups.items():
        selections["without", group] = [name for name in names if name not in members], with_xgboost
        selections["alone", group] = members, with_xgboost
    found = resampled(pan.y, cross_validate(pan, ki, names, selections))

    print("| group | features | adds to ROC-AUC | adds to PR-AUC | alone, ROC-AUC | alone, PR-AUC |")
    print("| --- | ---: | --- | --- | --- | --- |")
    for group, members in groups.items():
        adds = cells(found["all"] - found["without", group], "+")
        print("|", " | ".join([group, str(len(members)), *adds, *cells(found["alone", group])]), "|")
    print("| all | %d | | | %s | %s |" % (len(names), *cells(found["all"])))
    beside = cells(found["ours"] - found["all"], "+")
    print("| all, our trainer beside XGBoost | %d | %s | %s | %s | %s |" % (len(names), *beside, *cells(found["ours"])))


if __name__ == "__main__":
    main()
