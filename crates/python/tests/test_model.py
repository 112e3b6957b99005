"""Models: loaded and checked, scores, answers and explanations, also of hostile bytes."""

import json
import pathlib
import random
import re
import threading

import numpy
import polars
import pyarrow as pa
import pytest
import wikisentry


@pytest.fixture(scope="module")
def model():
    return wikisentry.Model.bootstrap()


@pytest.fixture(scope="module")
def edit(data):
    return data.events()["recentchange-2026-temporary-account"]


def test_a_version_is_loaded_and_refused_as_the_registry_does(data, model):
    files = data.version()
    loaded = wikisentry.Model.load(*files, version=("edit-risk", 1))
    assert (loaded.version, loaded.name, loaded.number) == ("edit-risk/1", "edit-risk", 1)
    assert loaded.card == model.card and loaded.card["features"]["names"] == list(wikisentry.FEATURES)
    model_json, card = files
    refusals = [
        ((model_json, b"{", None), {}, r"models/2: card refused: not a model card, at `\.`"),
        ((b"{}", card, None), {}, r"models/2: model refused: not an XGBoost JSON model"),
        ((model_json + b" ", card, None), {}, r"models/2/model\.json: SHA-256 is [0-9a-f]{64}, the card says"),
        ((model_json, card, None), {"version": ("edit-risk", 2)}, r"models/2/card\.json: it is the card of edit-risk/1, not of edit-risk/2"),
    ]
    for arguments, named, text in refusals:
        with pytest.raises(wikisentry.ModelError, match=text):
            wikisentry.Model.load(*arguments, folder="models/2", **named)
    other = json.loads(card) | {"text_risk_sha256": "00" * 32}
    with pytest.raises(wikisentry.ModelError, match=r"text_risk\.bin: it is not there"):
        wikisentry.Model.load(model_json, json.dumps(other).encode())
    with pytest.raises(wikisentry.ModelError, match=r"text_risk\.bin: SHA-256 is"):
        wikisentry.Model.load(model_json, json.dumps(other).encode(), bytes(131_072))


def test_every_form_of_events_gives_the_same_scores(data, model):
    events = data.sample()
    expected = pa.array(model.score(events))
    assert len(expected) == len(events) == 4_231
    assert 0 < expected.null_count < len(events)
    texts = [event.decode() for event in events]
    forms = [
        texts,
        pa.array(events),
        pa.array(events, pa.large_binary()),
        pa.array(events, pa.binary_view()),
        pa.array(texts),
        pa.array(texts, pa.string_view()),
        pa.record_batch({"event": events}),
        pa.table({"event": pa.chunked_array([events[:100], events[100:]])}),
        polars.DataFrame({"event": events}),
        polars.DataFrame({"event": texts}),
    ]
    for form in forms:
        assert pa.array(model.score(form)).equals(expected), type(form)
    for wrong in (7, "text", [7], pa.array([7]), pa.record_batch({"a": events, "b": events})):
        with pytest.raises(TypeError):
            model.score(wrong)


def test_columns_come_out_in_pyarrow_polars_and_numpy(data, model):
    events = data.sample()[:300]
    scores = model.score(events)
    assert polars.Series(scores).to_list() == pa.array(scores).to_pylist()
    table = pa.record_batch(model.features(events))
    assert table.equals(pa.record_batch(wikisentry.features(events)))
    assert polars.DataFrame(model.features(events)).equals(polars.DataFrame(table))
    matrix = numpy.column_stack([column.to_numpy(zero_copy_only=False) for column in table])
    assert matrix.shape == (300, len(wikisentry.FEATURES)) and matrix.dtype == numpy.float32


def test_features_through_the_trees_give_the_scores(data, model):
    events = data.sample()
    table = pa.record_batch(model.features(events))
    rows = numpy.column_stack([column.to_numpy(zero_copy_only=False) for column in table])
    booster = wikisentry.Booster(data.version()[0])
    margins = numpy.array(pa.array(booster.margins(rows.ravel().tolist())), numpy.float64)
    calibration = model.card["calibration"]
    scores = 1 / (1 + numpy.exp(-(calibration["slope"] * margins + calibration["intercept"])))
    known = pa.array(model.score(events, score_bots=True))
    is_scored = numpy.array(known.is_valid())
    assert numpy.allclose(scores[is_scored], numpy.array(known.drop_null()), rtol=0, atol=1e-15)


def test_answers_are_those_of_predictions(data, model, edit):
    one = json.loads(model.answer(edit))
    assert one == model.predict([edit])[0]
    assert one["user_type"] == "anonymous" and 0 < one["score"] < 1
    events = list(data.events().values())
    body = b"[" + b",".join(events) + b"]"
    answers = json.loads(model.answer(body))
    assert answers == model.predict(events) and len(answers) == len(events)
    bots = [answer for answer in answers if answer.get("user_type") == "bot"]
    assert bots and all(bot["score"] is None for bot in bots)
    scored = json.loads(model.answer(body, score_bots=True))
    assert all(answer["score"] is not None for answer in scored if "error" not in answer)


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"", "malformed", "the body is empty"),
        (b" \n", "malformed", "the body is empty"),
        (b"[", "malformed", "not a JSON array of events: EOF"),
        (b"[{}]]", "malformed", "not a JSON array of events: trailing"),
        (b"[" + b"{}," * 1_000 + b"{}]", "too_many", "the array has more than 1000 events"),
        (b"{}", "event", "field `meta` is missing or cannot be read"),
        (b"\xff", "event", "not UTF-8: invalid byte at 0"),
    ],
)
def test_bodies_are_refused_by_their_kind(model, body, kind, text):
    with pytest.raises(wikisentry.RequestError, match=re.escape(text)) as error:
        model.answer(body)
    assert error.value.kind == kind and error.value.help.startswith("send ")


def test_explanations_sum_to_the_score(data, model, edit):
    explained = model.explain(edit)
    assert json.loads(model.explain_answer(edit)) == explained
    assert explained["score"] == pa.array(model.score([edit])).to_pylist()[0]
    total = explained["bias"] + explained["others"] + sum(one["contribution"] for one in explained["reasons"])
    assert abs(1 / (1 + numpy.exp(-total)) - explained["score"]) < 1e-6
    assert len(explained["reasons"]) == 8 and len(model.explain(edit, top=3)["reasons"]) == 3
    # Of a body that is more than one, or none, the kind says what the answer is.
    with pytest.raises(wikisentry.RequestError) as error:
        model.explain_answer(b"[" + edit + b"]")
    assert error.value.kind == "event"
    with pytest.raises(wikisentry.EventError, match="not an edit: a canary event"):
        model.explain(data.events()["canary-recentchange"])


def test_records_are_those_of_the_topic(data, model, edit):
    now = 1_800_000_000_000
    record, none = model.classify([edit, b"{}"], [now, now], now + 5)
    record = json.loads(record)
    assert none is None
    parsed = wikisentry.parse(edit)["edit"]
    assert {name: record[name] for name in parsed} == parsed
    assert record["score"] == model.predict([edit])[0]["score"]
    assert (record["ingest_time"], record["score_time"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:00:00.005Z")
    # An edit that is dated ahead is bounded by its arrival, as in the pipeline.
    early = json.loads(model.classify([edit], [0], 0)[0])
    assert early["event_time"] == "1970-01-01T01:00:00.000Z"
    with pytest.raises(ValueError, match="1 ingest times for 2 events"):
        model.classify([edit, edit], [now], now)


def test_hostile_bytes_give_errors_and_nothing_else(data, model):
    """Cut, flipped, spliced and deeply nested events, from a seed that is printed."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    events = list(data.events().values())
    labeler = wikisentry.Labeler()
    hostile = [b"", b"[" * 100_000, b'{"meta":' * 50_000, b"\x00", b"\xff" * 9, b"1e999", b'"\\ud800"', b"null"]
    for _ in range(20_000):
        event = bytearray(chance.choice(events))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(event))
            match chance.randrange(4):
                case 0:
                    event[at] = chance.randrange(256)
                case 1:
                    del event[at:]
                case 2:
                    event[at:at] = chance.choice(events)[: chance.randrange(1, 80)]
                case _:
                    event[at : at + 1] = chance.choice([b"null", b"[]", b"{}", b"-1e400", b'"', b"\\u0000"])
            if not event:
                break
        hostile.append(bytes(event))
    predictions = model.predict(hostile, score_bots=True)
    assert len(predictions) == len(hostile)
    labeler.take(hostile)
    scores = pa.array(model.score(hostile, score_bots=True)).to_pylist()
    read = 0
    for event, prediction, score in zip(hostile, predictions, scores, strict=True):
        assert prediction.get("score") == score
        try:
            wikisentry.parse(event)
            read += 1
        except wikisentry.EventError as error:
            assert str(error) == prediction["error"]
        for answer in (model.answer, model.explain_answer):
            try:
                answer(event)
            except wikisentry.RequestError as error:
                assert error.kind in ("malformed", "event", "too_many")
    assert 0 < read < len(hostile)
    model_json, card = data.version()
    for _ in range(300):
        files = [bytearray(model_json[:20_000]), bytearray(card)]
        at = chance.randrange(2)
        files[at][chance.randrange(len(files[at]))] = chance.randrange(256)
        with pytest.raises(wikisentry.ModelError):
            wikisentry.Model.load(bytes(files[0]), bytes(files[1]))


def test_batches_run_without_the_lock(data, model):
    """Another thread goes on while a batch is scored."""
    events = data.sample() * 10
    done = threading.Event()
    thread = threading.Thread(target=lambda: (model.score(events), done.set()))
    turns = 0
    thread.start()
    while not done.is_set():
        turns += 1
        done.wait(0.0005)
    thread.join()
    assert turns > 3


def test_the_stubs_name_what_there_is():
    stubs = (pathlib.Path(wikisentry.__file__).parent / "__init__.pyi").read_text()
    for name in wikisentry.__all__:
        assert re.search(rf"^(?:class|def) {name}\b|^{name}: ", stubs, re.MULTILINE), name
        thing = getattr(wikisentry, name)
        for member in (vars(thing) if isinstance(thing, type) else ()):
            if not member.startswith("_"):
                assert f"def {member}(" in stubs, f"{name}.{member}"
    assert (pathlib.Path(wikisentry.__file__).parent / "py.typed").exists()
