"""The model registry in an object store, read and written as docs/contracts/registry.md says. What a version must be is
checked by the wheel."""

import datetime
import hashlib
import json

import wikisentry

from . import store
from .errors import Conflict, JobError

TRIES = 16


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def encoded(record):
    return json.dumps(record, indent=2, ensure_ascii=False).encode()


class Champion:
    """The model in use, and where its alias stood when it was read."""

    def __init__(self, version, files):
        self.version = version
        self.model, self.card_bytes, self.text = files
        identity = None if version is None else (json.loads(self.card_bytes)["name"], version)
        self.scorer = wikisentry.Model.load(*files, version=identity) if files[0] else wikisentry.Model.bootstrap()

    @property
    def card(self):
        return self.scorer.card


class Registry:
    def __init__(self, settings):
        self.name = settings.model
        self.store = store.of(settings.models)

    def _key(self, key):
        return f"{self.name}/{key}"

    def _alias(self, key):
        content, etag = self.store.read(self._key(key))
        if content is None:
            return None, None
        try:
            alias = json.loads(content)
            if not isinstance(alias["version"], int):
                raise ValueError(f"version {alias['version']!r}")
        except (ValueError, KeyError, TypeError) as error:
            raise JobError(f"{self.name}/{key} cannot be read ({error}): `wikisentry models promote N --force`") from error
        return alias, etag

    def champion(self):
        """The version in use, checked in full; without an alias the model in the wheel."""
        alias, _ = self._alias("aliases/champion")
        if alias is None:
            return Champion(None, (None, None, None))
        return Champion(alias["version"], self.files(alias["version"]))

    def files(self, version):
        """`model.json`, `card.json` and, if the card names it, `text_risk.bin`."""
        folder = f"versions/{version}"
        model, _ = self.store.read(self._key(f"{folder}/model.json"))
        card, _ = self.store.read(self._key(f"{folder}/card.json"))
        if model is None or card is None:
            raise JobError(f"{self.name}/{folder} is not there")
        text = None
        if json.loads(card).get("text_risk_sha256"):
            text, _ = self.store.read(self._key(f"{folder}/text_risk.bin"))
        return model, card, text

    def published(self, run_id):
        """The version that a run has published before, if it was stopped after that."""
        for number in self._numbers():
            content, _ = self.store.read(self._key(f"versions/{number}/card.json"))
            if content and json.loads(content).get("run") == run_id:
                return number
        return None

    def _numbers(self):
        names = self.store.folders(self._key("versions"))
        return sorted(int(name) for name in names if name.isdigit() and str(int(name)) == name and name != "0")

    def publish(self, model, text, card):
        """Publishes a version; gives its number. Who has put the model owns the number, so that two that publish at
        once get two."""
        card = {**card, "name": self.name, "model_sha256": sha256(model)}
        if text is not None:
            card["text_risk_sha256"] = sha256(text)
        number = max(self._numbers(), default=0) + 1
        while not self.store.put_new(self._key(f"versions/{number}/model.json"), model):
            number += 1
        card["version"] = number
        content = encoded(card)
        # What no reader would take is not published.
        wikisentry.Model.load(model, content, text, version=(self.name, number))
        parts = [("text_risk.bin", text)] if text is not None else []
        for name, part in [*parts, ("card.json", content)]:
            if not self.store.put_new(self._key(f"versions/{number}/{name}"), part):
                raise Conflict(f"{self.name}/{number} is somebody else's: run it again")
        return number

    def ruling(self, model_sha256):
        """Why people do not want a model: the finding of a decision, or `None`."""
        alias, _ = self._alias("aliases/champion")
        return self._ruled(alias or {}, model_sha256)

    def _ruled(self, alias, model_sha256):
        for before in alias.get("rolled_back", []):
            if before["model_sha256"] == model_sha256:
                text = (
                    f"the same model was rolled back as {self.name}/{before['version']} at {before['at']}; "
                    f"`wikisentry models promote {before['version']} --force` takes it back into use"
                )
                return {"check": "rolled_back", "passed": False, "text": text}
        hold = alias.get("hold")
        if hold:
            reason = f": {hold['reason']}" if hold.get("reason") else ""
            text = f"the champion is held since {hold['since']}{reason}; `wikisentry models release` ends that"
            return {"check": "held", "passed": False, "text": text}
        return None

    def promote(self, version, expected, model_sha256):
        """Makes a version the champion if that is still the one it was compared with, and nobody has ruled against
        it meanwhile; gives the ruling otherwise. One conditional write. Raises `Conflict`."""
        alias, etag = self._alias("aliases/champion")
        found = alias["version"] if alias else None
        if found == version:
            self.settle()
            return None
        if found != expected:
            raise Conflict(f"the champion is {self.name}/{found} and no longer {expected}: run it again")
        ruled = self._ruled(alias or {}, model_sha256)
        if ruled:
            return ruled
        previous = found if found is not None else (alias or {}).get("previous")
        wanted = {**(alias or {}), "version": version, "updated_at": now()}
        wanted.pop("previous", None)
        if previous not in (None, version):
            wanted["previous"] = previous
        if not self.store.replace(self._key("aliases/champion"), etag, encoded(wanted)):
            raise Conflict(f"the champion of {self.name} was changed at the same moment: run it again")
        self.settle()
        return None

    def settle(self):
        """Brings the copy of what was before in line. Nothing relies on it."""
        for _ in range(TRIES):
            copy, etag = self._alias("aliases/previous")
            champion, _ = self._alias("aliases/champion")
            previous = (champion or {}).get("previous")
            if previous is None or (copy and copy["version"] == previous):
                return
            wanted = {"version": previous, "updated_at": now()}
            self.store.replace(self._key("aliases/previous"), etag, encoded(wanted))
