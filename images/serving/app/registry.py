"""The model registry in the object store, read only: docs/contracts/registry.md. What a version must be is
checked by the wheel; here it is fetched, with a bound on every file."""

import dataclasses
import json

import obstore
import wikisentry
from obstore.exceptions import BaseError, NotFoundError, NotModifiedError
from obstore.store import S3Store

from .store import TIMEOUT, client_options, config

# Longest file of a kind, in bytes.
MOST_BYTES = {"model.json": 256 << 20, "card.json": 16 << 20}
OTHER_BYTES = 1 << 20


class Unreachable(Exception):
    """The store does not answer, or not with the object: trying again may help."""


class Refused(Exception):
    """What lies there cannot be used; trying again does not help until it is changed."""


@dataclasses.dataclass(frozen=True)
class Alias:
    """`aliases/champion` as it was read."""

    version: int
    etag: str | None


class Registry:
    def __init__(self, settings, store=None):
        self.name = settings.model
        self.place = f"s3://{settings.bucket}/{settings.prefix}/{settings.model}"
        self.store = store or S3Store(
            settings.bucket,
            prefix=f"{settings.prefix}/{settings.model}",
            config=config(settings),
            client_options=client_options(settings),
            # The next look comes soon enough.
            retry_config={"max_retries": 1, "retry_timeout": TIMEOUT},
        )

    async def champion(self, etag):
        """The alias if it is another than that of `etag`; `None` where there is none. Raises
        `NotModifiedError` if it is the same, `Unreachable` and `Refused`."""
        read = await self._read("aliases/champion", {"if_none_match": etag} if etag else {})
        if read is None:
            return None
        body, found = read
        try:
            version = json.loads(body)["version"]
            if type(version) is not int or not 0 < version < 1 << 32:
                raise ValueError(f"version {version!r} is no number from 1")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            refused = Refused(f"{self.place}/aliases/champion: not an alias: {error}")
            refused.etag = found
            raise refused from error
        return Alias(version, found)

    async def load(self, number, run):
        """A version, checked in full. `run` calls a function on another thread."""
        folder = f"{self.place}/versions/{number}"
        card = await self._file(number, "card.json")
        if card is None:
            raise Refused(f"{self.name} has no version {number}")
        model = await self._file(number, "model.json")
        if model is None:
            raise Refused(f"{folder}/model.json: it is not there")
        text = await self._file(number, "text_risk.bin") if b"text_risk_sha256" in card else None

        def load():
            named = (self.name, number)
            return wikisentry.Model.load(model, card, text, version=named, folder=folder)

        try:
            return await run(load)
        except wikisentry.ModelError as error:
            raise Refused(str(error)) from error

    async def _file(self, number, name):
        read = await self._read(f"versions/{number}/{name}", {})
        return None if read is None else read[0]

    async def _read(self, key, options):
        """Bytes and ETag of an object; `None` if there is none."""
        most = MOST_BYTES.get(key.rpartition("/")[2], OTHER_BYTES)
        try:
            found = await obstore.get_async(self.store, key, options=options)
            size = found.meta["size"]
            if size > most:
                raise Refused(f"{self.place}/{key}: {size} bytes, at most {most} are read")
            return bytes(await found.bytes_async()), found.meta["e_tag"]
        except (FileNotFoundError, NotFoundError):
            return None
        except NotModifiedError:
            raise
        # Some errors are Python's own, such as those of time-outs.
        except (BaseError, OSError) as error:
            raise Unreachable(f"{self.place}/{key}: {first_line(error)}") from error


def first_line(error):
    """What the store says, without the request's whole story."""
    text = str(error).strip()
    return (text.splitlines() or [type(error).__name__])[0][:400]
