"""Stands where the untouched model would, for baselines that must not use it."""

from __future__ import annotations

from typing import Any


class NoModel:
    """Refuses everything."""

    def __call__(self, rows: Any) -> Any:  # noqa: ARG002
        raise AssertionError("the model's features were used")

    def predict(self, rows: Any) -> Any:  # noqa: ARG002
        raise AssertionError("the model was asked")

    def weigh(self, rows: Any) -> Any:  # noqa: ARG002
        raise AssertionError("the model was asked")
