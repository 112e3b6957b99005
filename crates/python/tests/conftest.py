"""Where the shared test data lies."""

import gzip
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


class TestData:
    """Reads the files that the tests of every language share."""

    root = ROOT
    vectors = ROOT / "testdata" / "vectors"

    def json(self, name):
        return json.loads((self.vectors / name).read_bytes())

    def packed(self, folder):
        for path in sorted((self.vectors / folder).glob("*.json.gz")):
            yield path.name, json.loads(gzip.decompress(path.read_bytes()))

    def sample(self):
        """Recorded raw events, some 4,000, with bots and log events among them."""
        packed = (ROOT / "testdata" / "sample" / "recentchange.jsonl.gz").read_bytes()
        return gzip.decompress(packed).splitlines()

    def events(self):
        """One event of each form on record, by the name of its file."""
        folder = ROOT / "testdata" / "events"
        paths = [path for path in sorted(folder.glob("*.json")) if path.name != "expected.json"]
        return {path.stem: path.read_bytes() for path in paths}

    def version(self, number=1):
        folder = ROOT / "models" / "edit-risk" / "versions" / str(number)
        return (folder / "model.json").read_bytes(), (folder / "card.json").read_bytes()


@pytest.fixture(scope="session")
def data():
    return TestData()
