"""The types of a task's requests and answers, made from what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, create_model

from burnish.contracts import Column, Targets, Task
from burnish.faces.server.settings import ServerSettings

FILE_KINDS = frozenset({"image", "audio"})


class Span(BaseModel):
    """A marked part of a text."""

    start: int = Field(description="Position of its first character, from 0.")
    end: int = Field(description="Position after its last character.")
    label: str
    score: float | None = None


class Fault(BaseModel):
    """What is wrong, where, and what to do."""

    what: str
    where: str = ""
    fix: str = ""


class Word(BaseModel):
    """A part of a text, and how much the answer's score falls without it."""

    start: int
    end: int
    text: str
    worth: float


class Noted(BaseModel):
    """The number of the prediction that feedback was noted for."""

    id: str


class Refusal(BaseModel):
    """The body of every answer that is not a prediction."""

    error: Fault


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The types of one specialist's requests and answers.

    Attributes:
        row: One row to answer, by role.
        batch: Several rows.
        answer: One prediction.
        answers: Several predictions.
        explanation: One prediction, with what the words of its texts are worth.
        feedback: What the right answer to a prediction was.
    """

    row: type[BaseModel]
    batch: type[BaseModel]
    answer: type[BaseModel]
    answers: type[BaseModel]
    explanation: type[BaseModel]
    feedback: type[BaseModel]

    def components(self) -> dict[str, Any]:
        """JSON schemas by name, as OpenAPI holds them."""
        from pydantic.json_schema import models_json_schema

        models = [(model, "validation") for model in (self.row, self.batch, self.feedback)]
        models += [(model, "serialization") for model in (self.answer, self.answers, self.explanation, Noted, Refusal)]
        _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
        found: dict[str, Any] = definitions["$defs"]
        return found


def schema_of(task: Task, targets: Targets, settings: ServerSettings) -> Schema:
    """The schema of a task's rows and answers."""
    fields: dict[str, Any] = {
        column.role: (_input_type(column, settings), Field(description=column.summary))
        for column in task.columns
        if not column.target
    }
    row = create_model("Row", __config__=ConfigDict(extra="forbid"), **fields)
    batch = create_model(
        "Rows",
        __config__=ConfigDict(extra="forbid"),
        rows=(_listed(row, settings.most_rows), Field(description="Rows.")),
    )
    target = next((column for column in task.columns if column.target), None)
    answer_fields: dict[str, Any] = {
        "id": (str, Field(description="The prediction's number: feedback names it.")),
        "value": (_answer_type(target, targets), Field(description=target.summary if target else "The answer.")),
        "confidence": (float, Field(description="How sure the specialist is, from 0 to 1.")),
        "scores": (dict[str, float], Field(description="Every number behind the answer, by name.")),
        "version": (str, Field(description="The version of the specialist.")),
    }
    answer = create_model("Prediction", **answer_fields)
    answers = create_model("Predictions", predictions=(list[answer], Field(description="In the rows' order.")))
    explanation = create_model(
        "Explanation", __base__=answer, words=(dict[str, list[Word]], Field(description="By role."))
    )
    said: dict[str, Any] = {
        "id": (Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], Field(description="The prediction's number.")),
        "truth": (_answer_type(target, targets), Field(description="The right answer.")),
    }
    feedback = create_model("Feedback", __config__=ConfigDict(extra="forbid"), **said)
    return Schema(feedback=feedback, row=row, batch=batch, answer=answer, answers=answers, explanation=explanation)


def _listed(row: type[BaseModel], most: int) -> Any:
    return Annotated[list[row], Field(min_length=1, max_length=most)]  # type: ignore[valid-type]


def _input_type(column: Column, settings: ServerSettings) -> Any:
    by_kind: Mapping[str, Any] = {
        "text": Annotated[str, Field(min_length=1, max_length=settings.most_characters)],
        "label": Annotated[str, Field(min_length=1, max_length=settings.most_characters)],
        "number": float,
        "image": Base64Bytes,
        "audio": Base64Bytes,
        "messages": Annotated[list[dict[str, str]], Field(min_length=1, max_length=1000)],
    }
    return by_kind.get(column.kind, Any)


def _answer_type(target: Column | None, targets: Targets) -> Any:
    kind = target.kind if target else ""
    if kind == "label" and targets.labels:
        return Literal[targets.labels]
    by_kind: Mapping[str, Any] = {"label": str, "text": str, "answer": str, "number": float, "spans": list[Span]}
    return by_kind.get(kind, Any)
