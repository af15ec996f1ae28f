"""Choose a method where the recipe leaves it open: by rows per class, size of the model, and machine.

The limits come from `benchmarks/methods.py` (docs: benchmarks): wherever every weight can be trained, that scored best
or as well as any other method; the others save memory or disk.
"""

from __future__ import annotations

from dataclasses import dataclass

LARGE_MODEL = 1_000_000_000  # weights: AdamW keeps 16 bytes for each that trains


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A method by name, and why."""

    name: str
    reason: str


def choose_method(*, rows: int, classes: int, parameters: int) -> Choice:
    """The method for a data set and a model.

    Args:
        rows: Rows of data.
        classes: Different values to predict; 0 where they are not classes.
        parameters: Weights of the model; 0 where that is not known yet.
    """
    if parameters > LARGE_MODEL:
        return Choice(
            name="lora", reason=f"{parameters / 1e9:.1f} billion weights are many; low-rank updates need a tenth"
        )
    shown = f"{rows} rows" + (f", {rows / classes:.0f} a class" if classes else "")
    return Choice(name="full", reason=f"{shown}, and a model small enough to train every weight of")
