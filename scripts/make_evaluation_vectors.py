"""Holds the metrics and the calibration in Rust to scikit-learn and scripts/train_bootstrap.py.

    pip install --require-hashes -r scripts/requirements-bootstrap.txt
    python scripts/make_evaluation_vectors.py         writes testdata/vectors/evaluation.json, checked in

Rows are drawn at random: many and few, with ties, weighted, and one kind rare. ROC-AUC, average
precision and Brier score are scikit-learn's; calibration error and review budgets, for which it
has no function, are those of the first model's card. Ties at the end of a budget or on the edge of
a bin fall by chance there, so these figures are only given where scores differ.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from train_bootstrap import at_review_budget, calibration_error  # noqa: E402

PATH = ROOT / "testdata" / "vectors" / "evaluation.json"
SEED = 31


def cases(rng):
    def draw(rows, share, digits, weighted=False):
        labels = (rng.random(rows) < share).astype(int)
        labels[:2] = [0, 1]
        margin = rng.normal(size=rows) + 1.5 * labels - 2
        scores = np.round(1 / (1 + np.exp(-margin)), digits)
        weights = np.where(labels == 1, 1.0, 4.0) * rng.integers(1, 5, rows) / 4 if weighted else None
        return scores, labels, weights

    yield "few", draw(23, 0.3, 12)
    yield "even", draw(200, 0.5, 12)
    yield "rare", draw(203, 0.06, 12)
    yield "ties", draw(150, 0.2, 1)
    yield "two scores", draw(90, 0.2, 0)
    yield "weighted", draw(120, 0.15, 12, weighted=True)
    yield "weighted ties", draw(120, 0.15, 1, weighted=True)


def metrics(scores, labels, weights):
    out = {
        "roc_auc": roc_auc_score(labels, scores, sample_weight=weights),
        "pr_auc": average_precision_score(labels, scores, sample_weight=weights),
        "brier": brier_score_loss(labels, scores, sample_weight=weights),
    }
    if weights is None and len(np.unique(scores)) == len(scores):
        # Unrounded, unlike on a card.
        size = lambda percent: max(1, round(len(labels) * percent / 100))
        top = np.argsort(-scores, kind="stable")
        found = [labels[top[: size(percent)]].sum() for percent in (1, 2, 5)]
        out["expected_calibration_error"] = calibration_error(labels, [scores])
        out["recall"] = [float(count / labels.sum()) for count in found]
        out["precision"] = [float(count / size(percent)) for count, percent in zip(found, (1, 2, 5))]
        rounded = [at_review_budget(labels, [scores], percent) for percent in (1, 2, 5)]
        assert np.allclose([r["recall"] for r in rounded], out["recall"], atol=1e-4)
    return {name: value if isinstance(value, list) else float(value) for name, value in out.items()}


def platt(margins, labels):
    """Slope and intercept for Platt's targets: each row as damage and as none, weighted."""
    damage = labels.sum()
    target = np.where(labels == 1, (damage + 1) / (damage + 2), 1 / (len(labels) - damage + 2))
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    x = np.concatenate([margins, margins])[:, np.newaxis]
    y = np.repeat([1, 0], len(labels))
    model.fit(x, y, sample_weight=np.concatenate([target, 1 - target]))
    return {"slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0])}


def main():
    rng = np.random.default_rng(SEED)
    vectors = {"metrics": [], "platt": []}
    for name, (scores, labels, weights) in cases(rng):
        case = {"name": name, "scores": scores.tolist(), "labels": labels.tolist()}
        if weights is not None:
            case["weights"] = weights.tolist()
        vectors["metrics"].append(case | metrics(scores, labels, weights))
    for rows, share in [(40, 0.3), (300, 0.07)]:
        labels = (rng.random(rows) < share).astype(int)
        margins = np.round(2 * rng.normal(size=rows) + 1.5 * labels - 1, 6)
        case = {"margins": margins.tolist(), "labels": labels.tolist()}
        vectors["platt"].append(case | platt(margins, labels))
    PATH.write_text(json.dumps(vectors, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
    print(f"{PATH.relative_to(ROOT)}: {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
