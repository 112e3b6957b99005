"""The core of WikiSentry: events, features, scores, explanations, labels and metrics of Wikimedia edits,
computed by the code that the platform runs.

Records are dicts with the names and values of the contracts in docs/contracts. Times are milliseconds
since the epoch going in, RFC 3339 coming out. What takes events takes a list of `bytes` or `str`, an
Arrow column of them, or a table with that one column; it runs without Python's lock.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

Events: TypeAlias = Sequence[bytes | str] | _ArrowArray | _ArrowStream
Numbers: TypeAlias = Sequence[float] | _ArrowArray
Flags: TypeAlias = Sequence[bool] | _ArrowArray
UserType: TypeAlias = Literal["registered", "anonymous", "bot"]

__version__: str

FEATURES: tuple[str, ...]
"""Names of the features, in the order of a row: docs/FEATURES.md."""

FEATURES_VERSION: int
"""A model is used only with the version that it was trained on."""

MAX_EVENTS: int
"""Events in one request for predictions, at most."""

class Error(Exception):
    """Any error of this module."""

class EventError(Error):
    """A raw event cannot be read, or is no edit."""

class ModelError(Error):
    """A model, its card or its weights are refused."""

class RequestError(Error):
    """The body of a request is refused."""

    kind: Literal["malformed", "too_many", "event"]
    help: str

class EvaluationError(Error):
    """Rows cannot be evaluated."""

class RuleError(Error):
    """A rule of alerts is out of its range."""

class Array:
    """A column or a table in Arrow's C data interface: `pyarrow.array`, `pyarrow.record_batch`,
    `polars.Series` and `polars.DataFrame` take it without a copy."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __len__(self) -> int: ...

def parse(event: bytes | str) -> dict[str, Any]:
    """Reads one raw event of any stream: `id`, `time`, `kind`, `topic`, `is_page_change`, `revert`, and the
    body as `edit`, `tags` or `revert_risk`. Raises `EventError`."""

def user_type(name: str | None, bot: bool = False) -> UserType:
    """The type of a user by its name, which is `None` if hidden, and its bot flag."""

def features(events: Events) -> Array:
    """A table with a float32 column for each feature, for a model without weights of `text_risk` of its own.
    Null is missing; all of a row is, if its event is no edit."""

class Model:
    """A version of a model. Immutable: threads may share it."""

    @staticmethod
    def load(
        model: bytes,
        card: bytes,
        text_risk: bytes | None = None,
        *,
        version: tuple[str, int] | None = None,
        folder: str = "",
    ) -> Model:
        """Reads `model.json`, `card.json` and, if the card names it, `text_risk.bin`, and checks what a
        reader of the registry checks: checksums, features, the model itself, and with `version` that the
        card is of that name and number. `folder` is what messages call the place. Raises `ModelError`."""

    @staticmethod
    def bootstrap() -> Model:
        """The model inside the wheel, which is the one inside the program."""

    @property
    def version(self) -> str:
        """Name and number, such as `edit-risk/1`."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def card(self) -> dict[str, Any]: ...
    def features(self, events: Events) -> Array:
        """As the function `features`, with this model's weights of `text_risk`."""

    def score(self, events: Events, *, score_bots: bool = False) -> Array:
        """Calibrated probability of damage as float64; null for bots unless asked for, and for what is no
        edit."""

    def score_rows(self, rows: Numbers) -> Array:
        """Calibrated probability as float64 for rows of features that follow each other in one column of
        float32; NaN is missing."""

    def predict(self, events: Events, *, score_bots: bool = False) -> list[dict[str, Any]]:
        """The answer for each event: docs/contracts/prediction.schema.json."""

    def answer(self, body: bytes, *, score_bots: bool = False) -> bytes:
        """The JSON that answers the body of `POST /predict`: one event, or an array of them. Raises
        `RequestError`."""

    def classify(
        self,
        events: Events,
        ingest_times: Sequence[int],
        score_time: int,
        *,
        score_bots: bool = False,
    ) -> list[bytes | None]:
        """The records of `edits.classified` as JSON; `None` for what is no edit."""

    def explain(self, event: bytes | str, *, top: int = 8) -> dict[str, Any]:
        """Why the edit got its score, in the `top` strongest reasons: what `wikisentry explain --output json`
        prints. Raises `EventError`, and `ModelError` if the model does not say."""

    def explain_answer(self, body: bytes, *, top: int = 8) -> bytes:
        """The same as JSON for the body of `POST /explain`. Raises `RequestError` and `ModelError`."""

class Booster:
    """The trees of an XGBoost model in JSON alone, over rows of float32 that follow each other in one
    column; NaN is missing. Raises `ModelError`."""

    def __init__(self, model: bytes) -> None: ...
    @property
    def num_features(self) -> int: ...
    def margins(self, rows: Numbers) -> Array:
        """A float32 for each row, in log-odds."""

    def contributions(self, rows: Numbers) -> Array:
        """For each row what each feature adds to the margin, then the bias, as float64 in one column: exact
        TreeSHAP."""

class Labeler:
    """Finds which edits were reverted as damage: docs/contracts/labels.md. For one thread at a time."""

    def __init__(
        self,
        *,
        window_ms: int | None = None,
        margin_ms: int | None = None,
        hold_ms: int | None = None,
        max_edits: int | None = None,
    ) -> None: ...
    def take(self, events: Events) -> list[dict[str, Any]]:
        """Raw events in the order of their streams; gives the labels that follow from them. What cannot be
        read is counted."""

    def take_rows(self, rows: _ArrowArray | _ArrowStream) -> list[dict[str, Any]]:
        """Rows of the lake, with the column `user_type`, in the order of their times. A row with a value in
        the column `fact` (binary) is a label fact instead: the raw event, not later than the `event_time` of
        the row; of facts and edits at the same time edits come first."""

    def advance(self, time_ms: int) -> list[dict[str, Any]]:
        """Moves the clock on, as an event of another wiki would: what waits for an edit that does not come
        is decided. A labeler that is shown some wikis alone gives the labels of one that is shown all, if at
        the end its clock is moved to the time of the last event of all."""

    def counters(self) -> dict[str, int]: ...

def split(
    rows_by_hour: Mapping[int, int],
    young_from: int,
    *,
    window_ms: int,
    calibrate_ms: int,
    test_ms: int,
    test_after: int | None = None,
) -> dict[str, str]:
    """Where the parts of a data set begin: `train_from`, `calibrate_from`, `test_from`, `young_from`, from the
    number of edits by people in each hour, by its first millisecond. Labels from `young_from` on have not
    matured; `test_after` is the newest edit that the champion has seen. Raises `ValueError` if there are too
    few."""

class DatasetPass:
    """Makes the rows of a data set, as the embedded platform does: the same edits, features and weights of
    `text_risk` for the same lake and labels. For one thread at a time."""

    def __init__(
        self,
        split: Mapping[str, str],
        *,
        rows: int,
        maturity_ms: int,
        champion_text: bytes | None = None,
        test_after: int | None = None,
        seed: int = 0,
    ) -> None:
        """`rows`: edits by people between the first and the last moment of `split`; of more than a million
        some are not learnt from. `champion_text`: the `text_risk.bin` of the champion, if it has one."""

    def take(self, edits: _ArrowArray | _ArrowStream) -> Array:
        """The next edits by people: rows of the lake in the order of hour, user type, file and place in it,
        with `user_type`, `hour_ms` (first millisecond of the folder's hour), and `label_kind`, `label_source`
        and `label_delay` of the label that the revision has, or null; a `ValueError` names a kind or source that
        there is not. Gives the rows: a float32 for each
        feature (NaN is missing), `label`, `wiki`, `rev_id`, `user_type`, `user_hash`, `event_time`,
        `meta_id`, `text_risk_of_refit`, `text_risk_of_champion` and `part`."""

    def finish(self) -> tuple[dict[str, Any], bytes, bytes]:
        """`parts`, `left_out`, `new_damage`, `damage_by_source` and `maturity` of `dataset.json`, and the
        `text_risk.bin` of what is judged and of what is used."""

def revert_summary(wiki: str, comment: str) -> dict[str, Any] | None:
    """What an edit summary says of the edits it undoes: `kind` (`undo`, `to_revision`, `rollback`, `manual`),
    `rev_id`, `user`, `to_user`."""

def judge(
    labels: Flags,
    scores: Numbers,
    *,
    weights: Numbers | None = None,
    clusters: Sequence[int] | _ArrowArray | None = None,
    resamples: int | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """ROC-AUC, PR-AUC, calibration error, Brier score, and recall and precision at review budgets, each with
    a bootstrap interval. Raises `EvaluationError`."""

def evaluate(
    labels: Flags,
    scores: Numbers,
    user_types: Sequence[str],
    wikis: Sequence[str],
    *,
    weights: Numbers | None = None,
    clusters: Sequence[int] | _ArrowArray | None = None,
    baselines: Mapping[str, Numbers] | None = None,
    resamples: int | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """The `metrics` of a card: overall, by user type and wiki, with baselines on the same edits. Raises
    `EvaluationError`."""

def calibrate(
    margins: Numbers,
    labels: Flags,
    rows: Numbers,
    shares: Sequence[tuple[str, float]],
    *,
    last: str = "low",
) -> dict[str, Any]:
    """What a card needs to make margins scores: `calibration`, `classes` (each with its share of the edits,
    riskiest first, then `last`), `score_reference`, and `drift_reference` from the `rows` of features of the
    first edits. Raises `EvaluationError`."""

def decide(
    labels: Flags,
    candidate: Numbers,
    champion: Numbers,
    user_types: Sequence[str],
    wikis: Sequence[str],
    period: Mapping[str, Any],
    *,
    weights: Numbers | None = None,
    clusters: Sequence[int] | _ArrowArray | None = None,
    rule: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Whether a candidate may replace the champion. `period`: `from`, `to`, `matured_to` (RFC 3339), and
    `candidate`, `champion` (the `provenance` of their cards) and `simulated`; `rule`: `min_damage`,
    `min_damage_of_slice`, `margin`, `calibration_tolerance`, `resamples`, `seed`. Raises
    `EvaluationError`."""

class Detectors:
    """Finds bursts, edit wars, risky edits, drift and stalls in the records of `edits.classified`. The rules
    are those of the section `alerts` of the settings. For one thread at a time. Raises `RuleError`."""

    def __init__(
        self,
        *,
        high_risk_score: float,
        burst_edits: int,
        burst_window_ms: int,
        war_reverts: int,
        war_window_ms: int,
        stalled_after_ms: int,
        drift_psi: float,
        drift_window: int,
        cooldown_ms: int,
        max_per_minute: int,
    ) -> None: ...
    def set_score_reference(self, model_version: str, reference: Mapping[str, Any]) -> None:
        """The `score_reference` of a model's card."""

    def observe(self, records: Events, raised_at: int) -> list[dict[str, Any]]:
        """Records in the order of their topic; gives the alerts that they raise. Raises `EventError`; none
        is taken then."""

    def warm(self, record: bytes | str) -> None:
        """A record that was observed before a restart; raises no alert."""

    def tick(self, now: int, last_event_received: int) -> list[dict[str, Any]]:
        """Raises `feed_stalled` if no event came for too long."""
