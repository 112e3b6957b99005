"""Follows the champion: a newer version is loaded beside the one in use and takes its place between two
requests; one that is refused is reported, and the one in use stays."""

import asyncio
import dataclasses
import logging
import time

import wikisentry
from obstore.exceptions import NotModifiedError

from .logs import rfc3339
from .registry import Refused, Unreachable

log = logging.getLogger("serving.champion")

HELP_REFUSED = "wikisentry models list; wikisentry models promote N names a version that can be used"
HELP_UNREACHABLE = "wikisentry status; look whether the object store answers, and at S3_ENDPOINT and the keys"


@dataclasses.dataclass(frozen=True)
class InUse:
    """A model that scores, and since when, in seconds since the epoch."""

    model: wikisentry.Model
    loaded_at: float
    source: str


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why the champion that is named does not score."""

    message: str
    since: float
    help: str
    is_refusal: bool

    def record(self):
        """As `problems` of the status contract have it."""
        since = rfc3339(self.since)
        return {"component": "model", "message": self.message, "since": since, "help": self.help}


class Follower:
    """One for each process. `registry` is `None` where no object store is set."""

    def __init__(self, registry, figures, run=asyncio.to_thread, clock=time.time):
        self.registry = registry
        self.figures = figures
        self.run = run
        self.clock = clock
        self.in_use = InUse(wikisentry.Model.bootstrap(), clock(), "bootstrap")
        self.problem = None
        self.checked_at = None
        self._etag = None

    async def follow(self, every, looked):
        """Looks again and again; sets `looked` when the store has answered for the first time."""
        while self.registry is not None:
            try:
                await self.look()
            except Exception:
                # A bug must not end the following: what scores goes on scoring.
                log.exception("the champion could not be looked for")
                self.figures.checks_failed.inc()
            if self.checked_at is not None:
                looked.set()
            await asyncio.sleep(every)
        looked.set()

    async def look(self):
        """Looks once whether another version is the champion."""
        try:
            alias = await self.registry.champion(self._etag)
            if alias is not None:
                await self._use(alias)
            elif self.in_use.source == "registry":
                self._report("the champion's alias is gone", HELP_REFUSED, is_refusal=False)
            else:
                self._clear(refusals=True)
        except NotModifiedError:
            # What was refused is still what is named.
            self._clear(refusals=False)
        except Unreachable as error:
            self.figures.checks_failed.inc()
            self._report(str(error), HELP_UNREACHABLE, is_refusal=False)
            return
        except Refused as error:
            # Not tried again until the alias changes.
            self._etag = getattr(error, "etag", self._etag)
            self.figures.refused.inc()
            self._report(str(error), HELP_REFUSED, is_refusal=True)
        self.checked_at = self.clock()

    async def _use(self, alias):
        in_use = self.in_use
        if in_use.source != "registry" or in_use.model.number != alias.version:
            try:
                model = await self.registry.load(alias.version, self.run)
            except Refused as error:
                error.etag = alias.etag
                raise
            self.in_use = InUse(model, self.clock(), "registry")
            self.figures.swaps.inc()
            log.info("champion swapped: %s takes the place of %s", model.version, in_use.model.version)
        self._etag = alias.etag
        self._clear(refusals=True)

    def _report(self, reason, help, is_refusal):
        is_bootstrap = self.in_use.source == "bootstrap"
        kept = "scoring with the bootstrap model" if is_bootstrap else "the champion is kept"
        message = f"{reason}; {kept}"
        if self.problem and self.problem.message == message:
            return
        # One that cannot be reached for a moment is still the one that was refused.
        if self.problem and self.problem.is_refusal and not is_refusal:
            return
        since = self.problem.since if self.problem and not is_refusal else self.clock()
        self.problem = Problem(message, since, help, is_refusal)
        log.error("%s", message)

    def _clear(self, refusals):
        if self.problem and (refusals or not self.problem.is_refusal):
            log.info("the champion is followed again: %s", self.in_use.model.version)
            self.problem = None
