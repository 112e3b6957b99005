"""Compares our trainer with XGBoost and LightGBM: the same rows, parameters, machine, one thread.

    scripts/check_trainer.sh                        small, as the tests run it
    scripts/check_trainer.sh --release --rows 1000000 --trees 300 --draws 1
                                                    the figures; about ten minutes

Fails if Python XGBoost, given our model, does not return the margins of our own evaluation bit for
bit, or if our ROC-AUC on fresh rows, as a mean of draws, is more than 0.002 below the better of the
other two. Speeds are by processor time, printed and not judged.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import lightgbm as lgb
import numpy as np
import xgboost as xgb
from make_xgboost_vectors import ROOT, draw_rows, predict, rust_margins

SEED = 20261
FEATURES = 40
LEARNING_RATE = 0.1
MAX_DEPTH = 6
MAX_BINS = 255
FRESH_ROWS = 200_000
# The most that our ROC-AUC may lie below the better of the other two.
TOLERANCE = 0.002


def draw(rng, rows):
    """Counts with long tails, flags and measurements, some missing; one row in sixteen positive."""
    x = rng.uniform(-1, 1, size=(rows, FEATURES)).astype(np.float32)
    x[:, 0::4] = np.floor(np.exp2(8 * x[:, 0::4]))
    x[:, 1::4] = x[:, 1::4] > 0.7
    x[:, 2::5][rng.random(x[:, 2::5].shape) < 0.3] = np.nan
    seen = np.where(np.isnan(x), 0.3, x)
    score = 2 * seen[:, 2] + 3 * seen[:, 3] * seen[:, 6] + seen[:, 1] - 0.3 * np.log1p(seen[:, 0])
    score += np.sin(5 * seen[:, 10]) + 2 * seen[:, 5] * seen[:, 7] - 3.7
    y = rng.random(rows) < 1 / (1 + np.exp(-score))
    return x, y.astype(np.float32)


def roc_auc(y, score):
    """The chance that a positive row has the higher score; ties count half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = y.sum()
    return (rank[y == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(y) - positive))


def ours(x, y, trees, profile):
    """Our model as JSON, and the seconds for bins and for trees."""
    with tempfile.TemporaryDirectory() as folder:
        rows, model = pathlib.Path(folder) / "rows.f32", pathlib.Path(folder) / "model.json"
        np.column_stack([y, x]).astype("<f4").tofile(rows)
        command = ["cargo", "run", "--quiet", "--locked", *profile, "-p", "wikisentry-trainer"]
        command += ["--example", "train_matrix", "--", str(rows), str(FEATURES), str(model)]
        command += [f"trees={trees}", f"learning_rate={LEARNING_RATE}", f"max_depth={MAX_DEPTH}"]
        command += [f"max_bins={MAX_BINS}", "threads=1"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return model.read_text(), *map(float, done.stdout.split())


def with_xgboost(x, y, trees):
    start = time.process_time()
    data = xgb.QuantileDMatrix(x, y, max_bin=MAX_BINS, nthread=1)
    bins = time.process_time() - start
    params = dict(
        objective="binary:logistic",
        tree_method="hist",
        eta=LEARNING_RATE,
        max_depth=MAX_DEPTH,
        max_bin=MAX_BINS,
        reg_lambda=1,
        min_child_weight=1,
        nthread=1,
        seed=SEED,
    )
    start = time.process_time()
    booster = xgb.train(params, data, trees)
    return booster, bins, time.process_time() - start


def with_lightgbm(x, y, trees):
    params = dict(
        objective="binary",
        learning_rate=LEARNING_RATE,
        max_depth=MAX_DEPTH,
        num_leaves=2**MAX_DEPTH,
        max_bin=MAX_BINS,
        lambda_l2=1,
        min_sum_hessian_in_leaf=1,
        min_data_in_leaf=1,
        num_threads=1,
        deterministic=True,
        force_row_wise=True,
        seed=SEED,
        verbosity=-1,
    )
    start = time.process_time()
    data = lgb.Dataset(x, y, params=params).construct()
    bins = time.process_time() - start
    start = time.process_time()
    booster = lgb.train(params, data, trees)
    return booster, bins, time.process_time() - start


def check_parity(text, rows):
    """Python XGBoost and our evaluation agree to the bit, also on and beside every threshold."""
    booster = xgb.Booster(model_file=bytearray(text.encode()))
    x = draw_rows(text, rows, dict(features=FEATURES))
    python, rust = predict(booster, x), rust_margins(text, x)
    differ = int((python.view(np.uint32) != rust.view(np.uint32)).sum())
    # Saved again by Python and read by us, it is still the same model.
    again = rust_margins(booster.save_raw("json").decode(), x)
    differ += int((again.view(np.uint32) != rust.view(np.uint32)).sum())
    finite = x[~np.isinf(x).any(axis=1)][:200]
    matrix = xgb.DMatrix(finite, feature_names=booster.feature_names)
    parts = booster.predict(matrix, pred_contribs=True).sum(axis=1)
    off = np.abs(parts - booster.predict(matrix, output_margin=True)).max()
    print(f"margins of our model in Python XGBoost {xgb.__version__} and in Rust: {differ} of {rows} differ")
    print(f"contributions of features add up to the margin within {off:.1e}")
    return differ == 0 and off < 1e-3


def compare(rng, arguments):
    """Trains all three on one draw: our model, and (ROC-AUC, seconds, seconds) of each by name."""
    x, y = draw(rng, arguments.rows)
    fresh_x, fresh_y = draw(rng, FRESH_ROWS)
    trees = arguments.trees
    text, *times = ours(x, y, trees, ["--release"] if arguments.release else [])
    mine = xgb.Booster(model_file=bytearray(text.encode()))
    found = {"ours": (roc_auc(fresh_y, mine.inplace_predict(fresh_x)), *times)}
    booster, *times = with_xgboost(x, y, trees)
    found[f"XGBoost {xgb.__version__}"] = (roc_auc(fresh_y, booster.inplace_predict(fresh_x)), *times)
    booster, *times = with_lightgbm(x, y, trees)
    found[f"LightGBM {lgb.__version__}"] = (roc_auc(fresh_y, booster.predict(fresh_x)), *times)
    return text, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000, help="rows to train on")
    parser.add_argument("--trees", type=int, default=60)
    parser.add_argument("--draws", type=int, default=4, help="sets of rows to take the mean of")
    parser.add_argument("--release", action="store_true", help="our trainer as it is shipped")
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    draws = [compare(rng, arguments) for _ in range(arguments.draws)]
    text = draws[-1][0]
    means = {
        name: np.mean([found[name] for _, found in draws], axis=0) for name in draws[0][1]
    }
    print(f"{arguments.rows} rows x {FEATURES}, {arguments.trees} trees, one thread; mean of {len(draws)}")
    work = arguments.rows * FEATURES * arguments.trees / 1e6
    for name, (auc, bins, seconds) in means.items():
        speed = f"{work / seconds:.0f} M row x feature x tree/s"
        ratio = f"{seconds / means['ours'][2]:.2f} times our time"
        print(f"{name:<15} ROC-AUC {auc:.5f}  bins {bins:.2f} s  trees {seconds:.2f} s  {speed}  {ratio}")
    if not arguments.release:
        print("(ours is not optimized in this build)")
    best = max(auc for name, (auc, *_) in means.items() if name != "ours")
    behind = best - means["ours"][0]
    print(f"ROC-AUC of ours minus the better of the others: {-behind:+.5f}")
    if not check_parity(text, 50_000):
        sys.exit("Python XGBoost and our evaluation differ on our model")
    if behind > TOLERANCE:
        sys.exit(f"our trainer is more than {TOLERANCE} behind")


if __name__ == "__main__":
    main()
