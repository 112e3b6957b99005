"""Holds the Rust evaluation of XGBoost models to Python XGBoost, bit for bit.

    pip install --require-hashes -r scripts/requirements-train.txt
    python scripts/make_xgboost_vectors.py --write              testdata/vectors/xgboost, checked in
    python scripts/make_xgboost_vectors.py --check 100000       a larger run, against this checkout

Both train the same small models, each for one corner of the format, and predict rows that sit on,
just below and just above the models' own thresholds, among missing, infinite, denormal and zero
values. `--check` adds a model of 300 trees. A vector file holds the model exactly as XGBoost saved
it, rows and margins as the bits of 32-bit floats. The older forms of the JSON are held by
`--write depth-6 base-low pruned` under XGBoost 1.7.6 and 2.1.4: files carry the release's number.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import xgboost as xgb

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "testdata" / "vectors" / "xgboost"
SEED = 20260
WRITTEN_ROWS = 160
TRAINING_ROWS = 3000

# name -> number of trees, features, parameters. `values` says how training values are drawn.
MODELS = {
    "stumps": dict(trees=17, features=4, params=dict(max_depth=1, tree_method="approx")),
    "depth-6": dict(trees=12, features=9, params=dict(max_depth=6, tree_method="hist"), names=True),
    "base-half": dict(trees=8, features=5, params=dict(max_depth=3, base_score=0.5)),
    "base-low": dict(
        trees=11,
        features=5,
        params=dict(max_depth=4, base_score=0.037, max_delta_step=1, subsample=0.5),
    ),
    "exact": dict(
        trees=9, features=5, params=dict(max_depth=4, base_score=0.3, tree_method="exact")
    ),
    "pruned": dict(
        trees=10, features=5, params=dict(max_depth=4, gamma=6, tree_method="exact")
    ),
    "single-leaf": dict(trees=9, features=3, params=dict(gamma=1e9, tree_method="exact")),
    "lossguide": dict(
        trees=6,
        features=6,
        params=dict(max_depth=0, max_leaves=40, grow_policy="lossguide", tree_method="hist"),
    ),
    "parallel": dict(
        trees=4, features=5, params=dict(max_depth=3, num_parallel_tree=3, subsample=0.5)
    ),
    "grid": dict(
        trees=10, features=5, params=dict(max_depth=4, tree_method="exact"), values="grid"
    ),
    "extreme": dict(
        trees=10,
        features=5,
        params=dict(max_depth=5, tree_method="exact", min_child_weight=0),
        values="extreme",
    ),
}
LARGE = {"large": dict(trees=300, features=60, params=dict(max_depth=6, eta=0.1), names=True)}


def draw(rng, rows, features, values):
    """Feature values with a sixth missing."""
    x = rng.normal(size=(rows, features))
    if values == "grid":
        x = np.round(x * 2) / 2
    elif values == "extreme":
        x = np.sign(x) * 10.0 ** rng.uniform(-45, 38, size=x.shape)
    x = x.astype(np.float32)
    x[rng.random(x.shape) < 1 / 6] = np.nan
    return x


def train(spec):
    """Trains a model and returns it as loaded from its own JSON, with that JSON."""
    rng = np.random.default_rng(SEED)
    x = draw(rng, TRAINING_ROWS, spec["features"], spec.get("values"))
    signal = np.where(np.isnan(x), 0.7, np.clip(x, -2, 2)) @ rng.normal(size=spec["features"])
    y = (signal + rng.normal(size=TRAINING_ROWS) > 1).astype(np.float32)
    names = [f"feature_{i}" for i in range(spec["features"])] if spec.get("names") else None
    params = dict(objective="binary:logistic", seed=SEED, nthread=1, **spec["params"])
    booster = xgb.train(params, xgb.DMatrix(x, y, feature_names=names), spec["trees"])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.json"
        booster.save_model(path)
        return xgb.Booster(model_file=path), path.read_text()


def thresholds(text):
    """Every (feature, threshold) the model splits on."""
    trees = json.loads(text)["learner"]["gradient_booster"]["model"]["trees"]
    return [
        (feature, np.float32(value))
        for tree in trees
        for left, feature, value in zip(
            tree["left_children"], tree["split_indices"], tree["split_conditions"]
        )
        if left != -1
    ]


def draw_rows(text, rows, spec):
    """Rows to predict: drawn as in training, half of the values put on or beside a threshold."""
    rng = np.random.default_rng(SEED + 1)
    x = draw(rng, rows, spec["features"], spec.get("values"))
    corners = np.array(
        [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 1e-39, 3.4028235e38, -3.4028235e38, np.nan],
        dtype=np.float32,
    )
    pick = rng.random(x.shape)
    x = np.where(pick < 0.08, rng.choice(corners, size=x.shape), x)
    splits = thresholds(text)
    for feature in range(spec["features"]):
        own = np.array([v for f, v in splits if f == feature], dtype=np.float32)
        if own.size == 0:
            continue
        with np.errstate(over="ignore", under="ignore"):
            near = [own, np.nextafter(own, np.float32(-np.inf)), np.nextafter(own, np.float32(np.inf))]
        chosen = rng.choice(np.concatenate(near), size=rows)
        x[:, feature] = np.where(pick[:, feature] > 0.5, chosen, x[:, feature])
    x[0, :] = np.nan
    return np.ascontiguousarray(x, dtype=np.float32)


def predict(booster, x):
    """Margins; `DMatrix` refuses infinite values, so the rows without any are predicted both ways."""
    margins = booster.inplace_predict(
        x, predict_type="margin", missing=np.nan, validate_features=False
    ).astype(np.float32)
    finite = ~np.isinf(x).any(axis=1)
    matrix = xgb.DMatrix(x[finite], feature_names=booster.feature_names)
    other = booster.predict(matrix, output_margin=True)
    assert (margins[finite].view(np.uint32) == other.view(np.uint32)).all()
    return margins


def write(names):
    VECTORS.mkdir(parents=True, exist_ok=True)
    for name in names or MODELS:
        spec = MODELS[name]
        booster, text = train(spec)
        x = draw_rows(text, WRITTEN_ROWS, spec)
        vector = {
            "xgboost": xgb.__version__,
            "features": spec["features"],
            "trees": spec["trees"] * spec["params"].get("num_parallel_tree", 1),
            "model": text,
            "rows": x.view(np.uint32).ravel().tolist(),
            "margins": predict(booster, x).view(np.uint32).tolist(),
        }
        path = VECTORS / f"{xgb.__version__}-{name}.json.gz"
        packed = gzip.compress(json.dumps(vector).encode(), mtime=0)
        path.write_bytes(packed)
        print(f"{path.relative_to(ROOT)}: {len(packed)} bytes")


def rust_margins(text, x):
    """Margins of the Rust evaluation in this checkout."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.json"
        path.write_text(text)
        command = ["cargo", "run", "--quiet", "-p", "wikisentry-core"]
        command += ["--example", "xgboost_margins", "--", str(path)]
        done = subprocess.run(
            command, cwd=ROOT, input=x.astype("<f4").tobytes(), stdout=subprocess.PIPE, check=True
        )
    return np.frombuffer(done.stdout, dtype="<f4")


def check(rows):
    models = MODELS | LARGE
    failed = False
    for name, spec in models.items():
        booster, text = train(spec)
        x = draw_rows(text, rows, spec)
        python, rust = predict(booster, x), rust_margins(text, x)
        if len(rust) != rows:
            sys.exit(f"{name}: {len(rust)} margins for {rows} rows")
        wrong = np.flatnonzero(python.view(np.uint32) != rust.view(np.uint32))
        for row in wrong[:3]:
            print(f"{name}, row {row}: Python {python[row]!r}, Rust {rust[row]!r}: {x[row]}")
        print(f"{name}: {len(wrong)} of {rows} rows differ ({len(np.unique(python))} margins)")
        failed |= wrong.size > 0
    if failed:
        sys.exit(f"XGBoost {xgb.__version__}: the evaluations differ")
    print(f"XGBoost {xgb.__version__}: {rows} rows × {len(models)} models: identical")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--write",
        nargs="*",
        choices=MODELS,
        metavar="MODEL",
        help="write the checked-in vectors, all or those named",
    )
    action.add_argument("--check", type=int, metavar="ROWS", help="compare this many rows")
    arguments = parser.parse_args()
    if arguments.check:
        check(arguments.check)
    else:
        write(arguments.write)


if __name__ == "__main__":
    main()
