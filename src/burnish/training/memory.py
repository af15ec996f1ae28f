"""Go on with halves when a batch does not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from burnish.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Item, Result]):
    """A part of a batch that was computed at once, and its result."""

    items: Sequence[Item]
    result: Result


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was too small, on the processor or an accelerator."""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, MemoryError) or (isinstance(error, Exception) and should_reduce_batch_size(error))


def row_too_large() -> UserError:
    """The error for a single row that does not fit into memory."""
    return UserError(
        "a single row does not fit into memory",
        where="training",
        fix="Cut rows shorter with `longest:` under `data:`, choose a smaller model, or free some memory.",
    )


def in_parts(items: Sequence[Item], compute: Callable[[Sequence[Item]], Result]) -> Iterator[Part[Item, Result]]:
    """Compute a batch at once or, where memory is too small, in halves of halves, in order.

    Raises:
        UserError: A single item does not fit.
    """
    try:
        result = compute(items)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(items) == 1:
            raise row_too_large() from error
        middle = len(items) // 2
    else:
        yield Part(items=items, result=result)
        return
    yield from in_parts(items[:middle], compute)
    yield from in_parts(items[middle:], compute)
