"""The application without a network: requests by httpx, objects in memory."""

import gzip
import hashlib
import json
import pathlib
import sys

import httpx
import obstore
import pytest
import pytest_asyncio
from obstore.store import MemoryStore

IMAGE = pathlib.Path(__file__).resolve().parents[1]
ROOT = IMAGE.parents[1]
sys.path.insert(0, str(IMAGE))

from app import main, settings  # noqa: E402
from app.registry import Registry  # noqa: E402

VERSION = ROOT / "models" / "edit-risk" / "versions" / "1"


class Store:
    """The registry's objects, as its writers put them."""

    def __init__(self):
        self.memory = MemoryStore()

    def put(self, key, data):
        obstore.put(self.memory, key, data)

    def promote(self, number):
        self.put("aliases/champion", json.dumps({"version": number, "updated_at": "2026-11-22T17:00:00.000Z"}).encode())

    def publish(self, number, **card):
        """The bootstrap model under another number."""
        model = (VERSION / "model.json").read_bytes()
        told = json.loads((VERSION / "card.json").read_bytes()) | {"version": number} | card
        self.put(f"versions/{number}/model.json", model)
        self.put(f"versions/{number}/card.json", json.dumps(told).encode())


class Application:
    def __init__(self, store, **changed):
        self.settings = settings.Settings(poll=0.05, start_wait=0.2, **changed)
        self.registry = Registry(self.settings, store.memory)
        self.gate = main.create(self.settings, self.registry)
        self.serving = self.gate.serving
        self.follower = self.serving.follower
        transport = httpx.ASGITransport(self.gate, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    async def post(self, path, body, **headers):
        headers = {"content-type": "application/json"} | headers
        return await self.client.post(path, content=body, headers=headers)


@pytest.fixture
def store():
    return Store()


@pytest_asyncio.fixture
async def application(store):
    found = Application(store)
    async with found.serving.lifespan(None):
        await found.serving.has_looked.wait()
        yield found
    await found.client.aclose()


@pytest.fixture(scope="session")
def edit():
    return (ROOT / "testdata" / "events" / "recentchange-2026-temporary-account.json").read_bytes()


@pytest.fixture(scope="session")
def sample():
    packed = (ROOT / "testdata" / "sample" / "recentchange.jsonl.gz").read_bytes()
    return gzip.decompress(packed).splitlines()


def sha256(data):
    return hashlib.sha256(data).hexdigest()
