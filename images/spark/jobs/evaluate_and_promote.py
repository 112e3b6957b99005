"""Candidate and champion on the newest edits, of which neither has learnt; the core's rule decides. A better candidate
is grown again on all parts, published and made the champion by one conditional write; another is published with the
reason why it is not."""

import json
import logging

import pyarrow as pa
import wikisentry
from pyspark.sql import functions as F

from . import dataset, provenance, store, train
from .registry import Registry, encoded, sha256
from .runs import Run

LOG = logging.getLogger("jobs.evaluate_and_promote")
_SCORED = "label boolean, user_type string, wiki string, user_hash long, candidate double, champion double"


def run(spark, settings):
    work, registry = Run(settings), Registry(settings)
    manifest = work.report("dataset")
    model, card, text = train.candidate(work)
    champion = registry.champion()
    published = registry.published(settings.run_id)
    if published is not None:
        # It was stopped after that: what it decided stands on the card.
        return _resume(registry, settings, published)
    rows = dataset.rows_of(spark, settings, manifest["id"])
    test = _sampled(rows.where("part = 'test'"), manifest["parts"]["test"]["rows"], settings.test_rows)
    card["metrics"], decision = judge(_scored(test, (model, card, text), champion), manifest, card, champion)
    if decision["promote"]:
        model, card, text = refit(rows, settings, manifest, model, card)
    ruled = registry.ruling(sha256(model))
    if ruled:
        decision = {**decision, "promote": False, "findings": [*decision["findings"], ruled]}
    card["decision"] = {**decision, "champion": champion.scorer.version}
    card["compared_with"] = champion.version
    version = registry.publish(model, text, card)
    ruled = registry.promote(version, champion.version, sha256(model)) if decision["promote"] else None
    return _report(settings, version, card, ruled)


def _resume(registry, settings, version):
    model, content, _ = registry.files(version)
    card = json.loads(content)
    promote = card["decision"]["promote"]
    ruled = registry.promote(version, card["compared_with"], sha256(model)) if promote else None
    return _report(settings, version, card, ruled)


def _report(settings, version, card, ruled):
    decision = card["decision"]
    promoted = decision["promote"] and ruled is None
    against = ruled or next((finding for finding in decision["findings"] if not finding["passed"]), None)
    report = {
        "version": version,
        "promoted": promoted,
        "champion": decision["champion"],
        "reason": None if promoted else against["text"],
        "decision": decision,
        "metrics": card["metrics"],
    }
    label = f"{settings.model}/{version}"
    told = f"{label} is the champion" if promoted else f"{label} is kept, {decision['champion']} stays: {report['reason']}"
    LOG.info("%s", told, extra={"fields": {"version": version, "promoted": promoted}})
    return report


def _sampled(rows, count, most):
    """At most about so many rows, the same each time."""
    if not most or count <= most:
        return rows
    share = int(most / count * 10_000)
    return rows.where(F.pmod(F.xxhash64("wiki", "rev_id"), F.lit(10_000)) < share)


def _scored(rows, candidate, champion):
    """Labels and scores of both models, as the core gives them."""
    model, card, text = candidate
    mine = (model, encoded(card), text)
    other = (champion.model, champion.card_bytes, champion.text) if champion.model else None

    def score(batches):
        scorers = [wikisentry.Model.load(*mine), wikisentry.Model.load(*other) if other else wikisentry.Model.bootstrap()]
        at = train.FEATURES.index(train.TEXT_RISK)
        for batch in batches:
            flat = train.flat(batch)
            of_candidate = scorers[0].score_rows(pa.array(flat))
            seen = flat.reshape(-1, len(train.FEATURES))
            seen[:, at] = batch.column("text_risk_of_champion").to_numpy(zero_copy_only=False)
            of_champion = scorers[1].score_rows(pa.array(seen.ravel()))
            beside = [batch.column(name) for name in ("label", "user_type", "wiki", "user_hash")]
            names = ["label", "user_type", "wiki", "user_hash", "candidate", "champion"]
            yield pa.RecordBatch.from_arrays([*beside, pa.array(of_candidate), pa.array(of_champion)], names=names)

    columns = [*train.FEATURES, "text_risk_of_champion", "label", "user_type", "wiki", "user_hash"]
    # In one order, so that resamples are the same each time.
    rows = rows.orderBy("event_time", "wiki", "rev_id").select(*columns)
    return rows.mapInArrow(score, _SCORED).toArrow().combine_chunks()


def judge(scored, manifest, card, champion):
    """The figures for the card, the champion's beside them, and the decision."""

    def column(name):
        return scored.column(name).combine_chunks()

    common = {"clusters": column("user_hash")}
    kinds, wikis = scored.column("user_type").to_pylist(), scored.column("wiki").to_pylist()
    test = manifest["parts"]["test"]
    period = {
        "candidate": card["provenance"],
        "champion": provenance.of_card(champion.card),
        "simulated": test["simulated"],
        "from": test["from"],
        "to": test["to"],
        "matured_to": manifest["split"]["young_from"],
    }
    decision = wikisentry.decide(
        column("label"), column("candidate"), column("champion"), kinds, wikis, period, **common
    )
    baselines = {champion.scorer.version: column("champion")}
    metrics = wikisentry.evaluate(column("label"), column("candidate"), kinds, wikis, baselines=baselines, **common)
    return metrics, decision


def refit(rows, settings, manifest, trial_model, trial_card):
    """As many trees on all parts. Calibration and classes stay those of the trial, fitted on edits that its trees had
    not seen; the card says both."""
    parts = manifest["parts"]
    trees = trial_card["parameters"]["trees"]
    model, _ = train.fit(train.with_text_of(rows, "refit"), settings, trees, validation=False)
    text, _ = store.of(f"{settings.datasets}/{manifest['id']}").read("text_risk_of_refit.bin")
    card = json.loads(encoded(trial_card))
    data = card["data"]
    data["trial"] = {key: data[key] for key in ("range", "rows", "damage")} | {"model_sha256": sha256(trial_model)}
    data["range"] = {"from": data["range"]["from"], "to": max(part["to"] for part in parts.values() if part["to"])}
    data["rows"] = sum(part["rows"] for part in parts.values())
    data["damage"] = sum(part["damage"] for part in parts.values())
    card |= {"model_sha256": sha256(model), "text_risk_sha256": sha256(text)}
    card["provenance"] = provenance.of_training(parts, list(parts))
    return model, card, text
