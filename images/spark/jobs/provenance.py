"""What the fitted parts of a model have seen, as its card says: a model is judged on nothing of that."""

import datetime

import wikisentry

PARTS = ("trees", "calibration", "text_risk")


def ms(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def of_card(card):
    """The `provenance` of a card; of an older card what follows from the range of its data."""
    if card.get("provenance"):
        return card["provenance"]
    span = (card.get("data") or {}).get("range")
    seen = {"ranges": [span] if span else [], "sets": []}
    return {"trees": seen, "calibration": seen, "text_risk": of_bootstrap()["text_risk"]}


def of_bootstrap():
    return wikisentry.Model.bootstrap().card["provenance"]


def of_training(parts, trained_on):
    """Of a model that is trained on some parts of a data set and calibrated on the second, which also says how long
    to train. The weights of `text_risk` start from the program's, so they have seen what those have."""

    def ranges(names):
        spans = [{"from": parts[name]["from"], "to": parts[name]["to"]} for name in names if parts[name]["from"]]
        return {"ranges": spans, "sets": []}

    trees = ranges(trained_on if "calibrate" in trained_on else [*trained_on, "calibrate"])
    text = of_bootstrap()["text_risk"]
    text = {**text, "ranges": [*text.get("ranges", []), *ranges(trained_on)["ranges"]]}
    return {"trees": trees, "calibration": ranges(["calibrate"]), "text_risk": text}


def newest_ms(card):
    """The newest edit that any part of a model has seen, in milliseconds; `None` if it has seen none by time."""
    ends = [ms(span["to"]) for part in of_card(card).values() for span in part.get("ranges", [])]
    return max(ends, default=None)
