"""What a server does for a request, without HTTP: read rows, have them answered, and note what was answered."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from burnish.contracts import Prediction, Row
from burnish.errors import UserError
from burnish.explaining import Word, explain_text
from burnish.faces.server.batching import Answerer, Batcher, Overloaded
from burnish.faces.server.beside import Beside
from burnish.faces.server.keys import new_key
from burnish.faces.server.metrics import ServerMetrics
from burnish.faces.server.refusals import Refused, refusal_of
from burnish.faces.server.schema import FILE_KINDS, Schema, schema_of
from burnish.faces.server.served import Served
from burnish.faces.server.settings import ServerSettings
from burnish.monitoring.entry import Feedback, as_json, logged
from burnish.monitoring.request_log import RequestLog


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks.

    Attributes:
        client: Whose API key it is; "" without keys.
        is_probe: Whether it is the server itself, which looks whether a version answers as it was evaluated.
    """

    client: str = ""
    is_probe: bool = False


@dataclass(kw_only=True)
class Service:
    """A specialist at work. Everything that changes while a server runs is here.

    Attributes:
        served: The specialist that answers now.
        settings: The limits.
        metrics: The counters.
        schema: The types of requests and answers.
        batcher: Answers rows of many requests together.
        is_ready: Whether the answers have been found to be those of the evaluated model.
        beside: Lets another version answer beside it, in the shadow or for a share of the requests.
        on_trial: A version that answers the server's own probes and nothing else; None: there is none.
        log: Where predictions are logged; None: nowhere.
        probe_key: The secret with which the server may ask itself; "" while there is nothing to prove.
    """

    served: Served
    settings: ServerSettings
    metrics: ServerMetrics = field(default_factory=ServerMetrics)
    is_ready: bool = False
    probe_key: str = ""
    on_trial: Served | None = None
    log: RequestLog | None = None

    def __post_init__(self) -> None:
        self.take(self.served)
        if self.log is not None:
            self.metrics.watch(self.log)
        self.beside = Beside(metrics=self.metrics, log=self.log)
        self.batcher = Batcher(
            rows_at_once=self.settings.rows_at_once, rows_waiting=self.settings.rows_waiting, seen=self.metrics.batch
        )
        self._file_roles = [
            column.role
            for column in self.served.specialist.task.columns
            if column.kind in FILE_KINDS and not column.target
        ]

    def ready(self, *, is_ready: bool) -> None:
        """Open or close the server for requests."""
        self.is_ready = is_ready
        self.metrics.ready(is_ready=is_ready)

    def take(self, served: Served) -> None:
        """Let a version answer from now on. What was asked before is still answered by the one before."""
        self.served = served
        targets = served.specialist.manifest.targets.targets()
        self.schema: Schema = schema_of(served.specialist.task, targets, self.settings)
        self._row: TypeAdapter[BaseModel] = TypeAdapter(self.schema.row)
        self._rows: TypeAdapter[BaseModel] = TypeAdapter(self.schema.batch)
        self._feedback: TypeAdapter[BaseModel] = TypeAdapter(self.schema.feedback)

    @contextlib.contextmanager
    def trial(self, served: Served) -> Iterator[str]:
        """Let a version answer the server's own probes; yields the secret that such a request carries."""
        self.on_trial, self.probe_key = served, new_key()
        try:
            yield self.probe_key
        finally:
            self.on_trial, self.probe_key = None, ""

    async def close(self) -> None:
        """Answer all that waits, and end."""
        await self.batcher.close()
        await self.beside.close()

    def probes_as_sent(self, served: Served) -> list[dict[str, Any]]:
        """A version's probes as a client would send them: pictures and sounds as files."""
        return [
            {role: Path(value) if role in self._file_roles else value for role, value in probe.items()}
            for probe in served.probes
        ]

    def told(self) -> dict[str, Any]:
        """What answers here, for clients."""
        beside = self.beside.challenger
        challenger = {} if beside is None else {"challenger": {"version": beside.version, "share": self.beside.share}}
        return {**described(self.served), **challenger}

    def one_row(self, body: bytes) -> dict[str, Any]:
        """The row of a request's body.

        Raises:
            Refused: The body is not JSON, or not such a row.
        """
        return dict(_read(self._row, body))  # `model_dump` would encode pictures and sounds anew

    def many_rows(self, body: bytes) -> list[dict[str, Any]]:
        """The rows of a request's body.

        Raises:
            Refused: The body is not JSON, or not such rows.
        """
        return [dict(row) for row in dict(_read(self._rows, body))["rows"]]

    async def answer(self, rows: Sequence[Row], asking: Asking) -> list[dict[str, Any]]:
        """Predictions as JSON-able values, each with its number and the version that gave it; they are logged.

        Args:
            rows: What is asked, by role.
            asking: Who asks.

        Raises:
            Refused: A row cannot be answered, or too many wait.
        """
        served, other = self._who_answers(asking)  # another version may take its place meanwhile
        began = time.perf_counter()
        with self._as_files(rows) as given:
            found = await self._ask(served.specialist.predict, given)
        told = [self._told(served, prediction) for prediction in found]
        if asking.is_probe:
            return told
        if self.log is not None:
            facts = {"time": time.time(), "version": served.version, "seconds": time.perf_counter() - began}
            entries = [
                logged(row, prediction, self.log.policy, {**facts, "id": each["id"], "client": asking.client})
                for row, prediction, each in zip(rows, found, told, strict=True)
            ]
            await asyncio.to_thread(self.log.add, entries)  # it masks, and writes to the disk
        if other is not None:
            self.beside.answer(other, rows, [each["id"] for each in told], self._as_files)
        return told

    def _who_answers(self, asking: Asking) -> tuple[Served, Served | None]:
        """The version that answers, and the one that does so in its shadow."""
        if asking.is_probe and self.on_trial is not None:
            return self.on_trial, None
        challenger = self.beside.challenger
        if challenger is None:
            return self.served, None
        return (challenger, self.served) if self.beside.is_turn() else (self.served, challenger)

    def note_feedback(self, body: bytes, client: str) -> dict[str, Any]:
        """Log what the right answer was.

        Raises:
            Refused: There is no log, or the body is not such feedback.
        """
        if self.log is None:
            raise Refused(422, "this server keeps no log", fix="Start it without --no-log.")
        said = _read(self._feedback, body).model_dump()
        self.log.add([Feedback(id=said["id"], time=time.time(), truth=as_json(said["truth"]), source=client)])
        return {"id": said["id"]}

    async def explain(self, row: Row) -> dict[str, Any]:
        """The answer to a row, and what its words are worth for each text that it has.

        Raises:
            Refused: The row cannot be answered, or has no text.
        """
        served = self.served
        roles = [
            column.role for column in served.specialist.task.columns if column.kind == "text" and not column.target
        ]
        if not roles:
            raise Refused(422, "only texts are explained, and this specialist reads none")

        words: dict[str, list[dict[str, Any]]] = {}
        for role in roles:
            explained = partial(_explained, served, role)
            prediction, found = (await self._ask(explained, [row]))[0]
            words[role] = [asdict(word) for word in found]
        return {**self._told(served, prediction), "words": words}

    async def _ask(self, predict: Answerer, rows: Sequence[Row]) -> list[Any]:
        """What `predict` answers, in its turn.

        Raises:
            Refused: A row cannot be answered, or too many wait.
        """
        try:
            return await self.batcher.answer(predict, rows)
        except UserError as error:
            raise refusal_of(error) from None
        except Overloaded:
            raise Refused(429, "more waits than the server can take", fix="Come again in a second.", again=1) from None

    def _told(self, served: Served, prediction: Prediction) -> dict[str, Any]:
        self.metrics.prediction(served.version, prediction.confidence)
        detail = {} if prediction.detail is None else {"detail": prediction.detail}
        return {
            "id": uuid.uuid4().hex,
            "value": prediction.value,
            **detail,
            "confidence": prediction.confidence,
            "scores": dict(prediction.scores),
            "version": served.version,
        }

    @contextlib.contextmanager
    def _as_files(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """Rows whose pictures and sounds lie in files, which are removed when they have been answered."""
        if not self._file_roles:
            yield rows
            return
        with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
            yield [self._with_files(row, Path(folder) / str(number)) for number, row in enumerate(rows)]

    def _with_files(self, row: Row, place: Path) -> Row:
        files: dict[str, Any] = {}
        for role in self._file_roles:
            path = place.with_name(f"{place.name}-{role}")
            path.write_bytes(row[role])
            files[role] = str(path)
        return {**row, **files}


def _explained(served: Served, role: str, rows: Sequence[Row]) -> list[tuple[Prediction, list[Word]]]:
    return [explain_text(served.specialist, row, role) for row in rows]


def _read(adapter: TypeAdapter[BaseModel], body: bytes) -> BaseModel:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        malformed = first["type"] == "json_invalid"
        raise Refused(
            400 if malformed else 422,
            first["msg"],
            where=place or "the body",
            fix="Send JSON as /openapi.json describes it.",
        ) from None


def described(served: Served) -> Mapping[str, Any]:
    """What a specialist is, for clients."""
    manifest = served.specialist.manifest
    return {
        "name": served.name,
        "version": served.version,
        "task": manifest.task,
        "summary": served.specialist.task.summary,
        "labels": list(manifest.targets.labels),
        "method": manifest.method,
        "engine": served.engine,
        "base": manifest.base.name,
    }
