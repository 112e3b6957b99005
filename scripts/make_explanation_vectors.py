"""Holds the explanation of models in Rust to Python XGBoost's `predict(pred_contribs=True)`.

    pip install --require-hashes -r scripts/requirements-train.txt
    python scripts/make_explanation_vectors.py        writes testdata/vectors/explanation, checked in

The models are those of testdata/vectors/xgboost, with rows from the same files, and the bootstrap
model, with rows of labelled edits. A vector file names its model and holds rows as the bits of
32-bit floats and contributions as Python's 32-bit values, the bias last.
"""

import gzip
import json
import pathlib
import subprocess

import numpy as np
import xgboost as xgb

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "testdata" / "vectors"
MODELS = ["base-half", "base-low", "depth-6", "exact", "lossguide", "parallel", "pruned", "single-leaf", "stumps"]
BOOTSTRAP = "models/edit-risk/versions/1/model.json"
LABELLED = [("pan11_en", "as-recorded"), ("pan11_en", "as-temporary-accounts"), ("ki2022_sample", "as-recorded")]
ROWS = 24


def features(name, form):
    """Every so many-th row of a labelled set, as the core crate computes its features."""
    edits = gzip.decompress((ROOT / "testdata" / "labelled" / f"{name}.jsonl.gz").read_bytes()).splitlines(True)
    chosen = b"".join(edits[:: len(edits) // (ROWS // len(LABELLED)) + 1])
    command = ["cargo", "run", "--quiet", "--locked", "-p", "wikisentry-core", "--example", "feature_matrix", "--", form]
    text = subprocess.run(command, input=chosen, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout.decode()
    cells = [line.split(",")[5:-1] for line in text.splitlines()[2:]]
    return np.array([[float(cell or "nan") for cell in row] for row in cells], dtype=np.float32)


def write(name, model, text, rows):
    booster = xgb.Booster(model_file=bytearray(text.encode()))
    matrix = xgb.DMatrix(rows, feature_names=booster.feature_names)
    contributions = booster.predict(matrix, pred_contribs=True)
    margins = booster.predict(matrix, output_margin=True)
    assert np.allclose(contributions.sum(axis=1), margins, atol=1e-4)
    vector = {
        "xgboost": xgb.__version__,
        "model": model,
        "features": rows.shape[1],
        "rows": rows.view(np.uint32).ravel().tolist(),
        "contributions": [float(str(value)) for value in contributions.ravel()],
    }
    path = VECTORS / "explanation" / f"{xgb.__version__}-{name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(json.dumps(vector).encode(), mtime=0)
    path.write_bytes(packed)
    print(f"{path.relative_to(ROOT)}: {len(packed)} bytes")


def main():
    for name in MODELS:
        model = f"testdata/vectors/xgboost/3.2.0-{name}.json.gz"
        margins = json.loads(gzip.decompress((ROOT / model).read_bytes()))
        rows = np.array(margins["rows"], dtype=np.uint32).view(np.float32).reshape(-1, margins["features"])
        # A DMatrix refuses infinite values.
        write(name, model, margins["model"], rows[~np.isinf(rows).any(axis=1)][:ROWS].copy())
    rows = np.vstack([features(*source) for source in LABELLED])
    write("bootstrap", BOOTSTRAP, (ROOT / BOOTSTRAP).read_text(), np.ascontiguousarray(rows))


if __name__ == "__main__":
    main()
