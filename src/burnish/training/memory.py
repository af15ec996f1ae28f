"""Go on with halves when a batch does not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from burnish.memory_faults import OutOfMemoryError, is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Item, Result]):
    """A part of a batch that was computed at once, and its result."""

    items: Sequence[Item]
    result: Result


def row_too_large(where: str = "training") -> OutOfMemoryError:
    """The error for a single row that does not fit into memory."""
    return OutOfMemoryError(
        "a single row does not fit into memory",
        where=where,
        fix="Cut rows shorter with `longest:` under `data:`, choose a smaller model, or free some memory.",
    )


def in_parts(items: Sequence[Item], compute: Callable[[Sequence[Item]], Result]) -> Iterator[Part[Item, Result]]:
    """Compute a batch at once or, where memory is too small, in halves of halves, in order.

    Raises:
        UserError: A single item does not fit.
    """
    try:
        result = compute(items)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if len(items) == 1:
            raise row_too_large("reading rows") from error
        middle = len(items) // 2
    else:
        yield Part(items=items, result=result)
        return
    give_back()  # here, not above: the error holds on to what was computed so far
    yield from in_parts(items[:middle], compute)
    yield from in_parts(items[middle:], compute)


def give_back() -> None:
    """Give the accelerator's memory that torch keeps for later back, so that it may be cut anew."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
