"""The champion is followed: swapped, refused, kept; and the settings."""

import asyncio
import json

import pytest
from app import settings, store as object_store
from app.registry import Registry, Unreachable
from conftest import VERSION, Application


async def until(condition, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_a_promotion_is_followed_and_a_rollback(application, store, edit):
    assert application.follower.in_use.source == "bootstrap"
    store.publish(2)
    store.promote(2)
    await until(lambda: application.follower.in_use.model.version == "edit-risk/2")
    assert (await application.post("/predict", edit)).json()["model_version"] == "edit-risk/2"
    store.publish(1)
    store.promote(1)
    await until(lambda: application.follower.in_use.model.version == "edit-risk/1")
    assert application.follower.in_use.source == "registry"
    text = (await application.client.get("/metrics")).text
    assert "\nwikisentry_serving_model_swaps_total 2.0\n" in text


@pytest.mark.asyncio
async def test_what_cannot_be_used_is_refused_and_the_champion_kept(application, store, edit):
    store.publish(2)
    store.promote(2)
    await until(lambda: application.follower.in_use.model.number == 2)
    model = (VERSION / "model.json").read_bytes()
    damages = {
        3: ("versions/3/model.json", model + b" ", "versions/3/model.json: SHA-256 is"),
        4: ("versions/4/model.json", b"{", "model refused: not an XGBoost JSON model"),
        5: ("versions/5/card.json", b"{", "card refused: not a model card"),
        6: ("versions/6/card.json", json.dumps(json.loads((VERSION / "card.json").read_bytes())).encode(), "it is the card of edit-risk/1, not of edit-risk/6"),
    }
    for number, (key, damaged, reason) in damages.items():
        store.publish(number)
        store.put(key, damaged)
        store.promote(number)
        await until(lambda: application.follower.problem and reason in application.follower.problem.message)
        told = (await application.client.get("/model")).json()
        assert told["model_version"] == "edit-risk/2"
        assert told["problem"]["message"].endswith("; the champion is kept")
        assert (await application.client.get("/health/ready")).status_code == 200
        assert (await application.post("/predict", edit)).json()["model_version"] == "edit-risk/2"
    store.promote(7)
    await until(lambda: "edit-risk has no version 7" in application.follower.problem.message)
    store.put("aliases/champion", b"[]")
    await until(lambda: "not an alias" in application.follower.problem.message)
    refused = application.serving.figures.refused._value.get()
    # One that was refused is not tried again until the alias changes.
    await asyncio.sleep(0.3)
    assert application.serving.figures.refused._value.get() == refused == 6
    text = (await application.client.get("/metrics")).text
    assert "\nwikisentry_serving_model_problem 1.0\n" in text
    store.promote(2)
    await until(lambda: application.follower.problem is None)


@pytest.mark.asyncio
async def test_a_store_that_is_away_changes_nothing(application, store, edit, monkeypatch):
    store.publish(2)
    store.promote(2)
    await until(lambda: application.follower.in_use.model.number == 2)
    read = Registry._read

    async def away(self, key, options):
        raise Unreachable(f"{self.place}/{key}: connection refused")

    monkeypatch.setattr(Registry, "_read", away)
    await until(lambda: application.follower.problem is not None)
    assert (await application.post("/predict", edit)).json()["model_version"] == "edit-risk/2"
    assert (await application.client.get("/health/ready")).status_code == 200
    monkeypatch.setattr(Registry, "_read", read)
    await until(lambda: application.follower.problem is None)


@pytest.mark.asyncio
async def test_a_version_whose_load_broke_off_is_tried_again(application, store, monkeypatch):
    """The alias was read, its version was not: the alias's ETag must not stand for it."""
    read, failures = Registry._read, iter([True, True])

    async def sometimes(self, key, options):
        if key.endswith("model.json") and next(failures, False):
            raise Unreachable("timed out")
        return await read(self, key, options)

    monkeypatch.setattr(Registry, "_read", sometimes)
    store.publish(2)
    store.promote(2)
    await until(lambda: application.follower.in_use.model.number == 2)
    assert application.follower.problem is None


@pytest.mark.asyncio
async def test_requests_go_on_while_a_champion_is_swapped(application, store, edit):
    seen = set()

    async def ask():
        while not seen >= {f"edit-risk/{number}" for number in (1, 2, 3)}:
            answer = await application.post("/predict", edit)
            assert answer.status_code == 200
            seen.add(answer.json()["model_version"])
            await asyncio.sleep(0)

    async def promote():
        for number in (2, 3):
            store.publish(number)
            store.promote(number)
            await until(lambda: application.follower.in_use.model.number == number)

    async with asyncio.timeout(20):
        await asyncio.gather(ask(), ask(), promote())


@pytest.mark.asyncio
async def test_not_ready_before_the_store_has_answered(store, monkeypatch):
    async def away(self, key, options):
        raise Unreachable("no answer")

    monkeypatch.setattr(Registry, "_read", away)
    application = Application(store)
    async with application.serving.lifespan(None):
        assert (await application.client.get("/health/ready")).status_code == 503
        # After `start_wait` it goes on with what it has.
        await until(lambda: application.serving.is_ready)
        problem = (await application.client.get("/model")).json()["problem"]
        assert problem["message"] == "no answer; scoring with the bootstrap model"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SERVING_PORT", "http", "SERVING_PORT is 'http', but must be a number from 1 to 65535"),
        ("SERVING_WORKERS", "0", "SERVING_WORKERS is '0', but must be a number from 1 to 64"),
        ("SERVING_POLL_SECONDS", "nan", "SERVING_POLL_SECONDS is 'nan', but must be a number from 0.1 to 3600"),
        ("SERVING_SCORE_BOTS", "yes", "SERVING_SCORE_BOTS is 'yes', but must be true or false"),
        ("SERVING_LOG_LEVEL", "info", "SERVING_LOG_LEVEL is 'info', but must be DEBUG, INFO, WARNING or ERROR"),
        ("S3_ENDPOINT", "minio:9000", "S3_ENDPOINT is 'minio:9000', but must be an address such as http://minio:9000"),
        ("S3_BUCKET", "a/b", "S3_BUCKET is 'a/b', but must be a name of a bucket"),
    ],
)
def test_a_setting_out_of_its_range_is_named(name, value, message):
    with pytest.raises(settings.SettingsError) as refused:
        settings.from_environment({name: value})
    assert str(refused.value) == message


def test_settings_have_the_defaults_that_start_lists():
    told = (settings.__file__.rpartition("/app/")[0]) + "/start"
    with open(told, encoding="utf-8") as file:
        text = file.read()
    usual = settings.from_environment({})
    for name, value in (
        ("SERVING_PORT", usual.port),
        ("SERVING_MAX_BODY_BYTES", usual.max_body_bytes),
        ("SERVING_POLL_SECONDS", f"{usual.poll:g}"),
        ("SERVING_START_WAIT_SECONDS", f"{usual.start_wait:g}"),
        ("SERVING_DRAIN_SECONDS", f"{usual.drain:g}"),
        ("SERVING_MODEL", usual.model),
        ("S3_BUCKET", usual.bucket),
        ("S3_PREFIX", usual.prefix),
        ("S3_REGION", usual.region),
    ):
        [line] = [line for line in text.splitlines() if line.startswith(f"#   {name} ")]
        assert line.rstrip().endswith(f" {value}"), line
    listed = settings.from_environment({"SERVING_ALLOWED_HOSTS": "serving, Serving.wikisentry.svc"})
    assert listed.allowed_hosts == {"localhost", "serving", "serving.wikisentry.svc"}
    assert "secret" not in repr(settings.from_environment({"AWS_SECRET_ACCESS_KEY": "secret"}))


def test_a_store_of_others_is_reached_as_it_asks(tmp_path):
    own = settings.from_environment({"S3_ENDPOINT": "http://minio:9000"})
    assert object_store.config(own)["endpoint"] == "http://minio:9000"
    assert object_store.config(own)["virtual_hosted_style_request"] is False
    assert "proxy_url" not in object_store.client_options(own)
    ca = tmp_path / "ca.pem"
    ca.write_text("-----BEGIN CERTIFICATE-----")
    given = {"S3_ENDPOINT": "https://s3.example.org:8443", "S3_BUCKET": "lake", "S3_PATH_STYLE": "false", "S3_CA_FILE": str(ca)}
    other = settings.from_environment(given)
    assert object_store.config(other)["endpoint"] == "https://lake.s3.example.org:8443"
    options = object_store.client_options(other)
    assert options["proxy_ca_certificate"] == ca.read_text()
    assert options["proxy_excludes"] == "*", "nothing goes to a proxy"
    with pytest.raises(settings.SettingsError):
        settings.from_environment({"S3_CA_FILE": str(tmp_path / "none.pem")})
