"""What is logged of a prediction, and of what people say about it later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from burnish.contracts import Json, Prediction, Row

Policy: TypeAlias = Literal["masked", "full", "hash"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One prediction.

    Attributes:
        id: Its number: the client has it, and feedback names it.
        time: Seconds since 1970.
        version: The version of the specialist that answered.
        inputs: The row by role as JSON, as the policy wants it; "" where only the hash is kept.
        digest: The beginning of the sha256 of the row as it came: equal rows are known again, whatever the policy.
        value: The answer, as JSON.
        confidence: How sure the specialist was.
        scores: Every number behind the answer, as JSON.
        seconds: How long the answer took.
        client: Whose API key it was; "" without keys.
    """

    id: str
    time: float
    version: str
    inputs: str
    digest: str
    value: str
    confidence: float
    scores: str
    seconds: float
    client: str = ""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What was right, said later.

    Attributes:
        id: The prediction's number.
        time: Seconds since 1970.
        truth: The right answer, as JSON.
        source: Who says so.
    """

    id: str
    time: float
    truth: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """What the version that did not answer a request would have answered: the other half of a pair.

    Attributes:
        id: The prediction's number.
        version: The version that would have answered so.
        time: Seconds since 1970.
        value: The answer, as JSON.
        confidence: How sure it was.
        scores: Every number behind the answer, as JSON.
        seconds: How long the answer took.
    """

    id: str
    version: str
    time: float
    value: str
    confidence: float
    scores: str
    seconds: float


Entry: TypeAlias = Logged | Feedback | Shadow


def logged(row: Row, prediction: Prediction, policy: Policy, facts: Mapping[str, Any]) -> Logged:
    """The entry of a prediction. Values that are files are kept as their digest whatever the policy is.

    Args:
        row: What was asked, by role.
        prediction: The answer.
        policy: `full` keeps the row, `hash` only its digest; with `masked`, whoever stores the entry masks it.
        facts: id, time, version, seconds, client.
    """
    content = as_json({role: _kept(value) for role, value in row.items()})
    return Logged(
        **facts,
        inputs="" if policy == "hash" else content,
        digest=hashlib.sha256(content.encode()).hexdigest()[:16],
        **_answer(prediction),
    )


def shadowed(prediction: Prediction, facts: Mapping[str, Any]) -> Shadow:
    """The entry of an answer that nobody was given; `facts` are id, time, version, seconds."""
    return Shadow(**facts, **_answer(prediction))


def _answer(prediction: Prediction) -> dict[str, Any]:
    """An answer as it is stored."""
    return {
        "value": as_json(prediction.value),
        "confidence": prediction.confidence,
        "scores": as_json({name: round(score, 6) for name, score in prediction.scores.items()}),
    }


def mask_inputs(inputs: str, mask: Callable[[str], str]) -> str:
    """The logged row with every text in it masked."""
    return (
        as_json({role: mask(v) if isinstance(v, str) else v for role, v in json.loads(inputs).items()})
        if inputs
        else ""
    )


def to_line(entry: Entry) -> bytes:
    """An entry as a line of JSON."""
    return json.dumps({"kind": type(entry).__name__, **vars(entry)}, ensure_ascii=False).encode() + b"\n"


def from_line(line: bytes) -> Entry:
    """What `to_line` wrote.

    Raises:
        ValueError: It is not such a line.
    """
    values = json.loads(line)
    kinds: dict[str, type[Entry]] = {"Logged": Logged, "Feedback": Feedback, "Shadow": Shadow}
    try:
        return kinds[values.pop("kind")](**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None


def as_json(value: Json) -> str:
    """A value as compact JSON, always the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _kept(value: Any) -> Json:
    if isinstance(value, bytes):
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    return value
