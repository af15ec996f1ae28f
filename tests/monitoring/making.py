"""Entries that tests make up."""

from __future__ import annotations

import uuid
from typing import Any

from burnish.monitoring.entry import Logged, as_json


def entry(number: int = 0, **changes: Any) -> Logged:
    """A logged prediction."""
    values: dict[str, Any] = {
        "id": uuid.UUID(int=number).hex,
        "time": 1000.0 + number,
        "version": "v1",
        "inputs": as_json({"text": f"text {number}"}),
        "digest": "0" * 16,
        "value": '"positive"',
        "confidence": 0.75,
        "scores": as_json({"positive": 0.75, "negative": 0.25}),
        "seconds": 0.01,
    }
    return Logged(**{**values, **changes})
