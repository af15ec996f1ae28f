"""Say it in words when memory is too small, whichever library noticed."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from burnish.errors import UserError

# What those say that have no error type of their own for it: torch, accelerators, ONNX Runtime, C++, the system.
_SAYINGS = (
    "out of memory",
    "not enough memory",
    "allocate memory",
    "devmem allocation failed",
    "alloc_failed",
    "bad_alloc",
    "bad allocation",
    "cudnn_status_not_supported",
    "can't start new thread",  # there was no room for its stack
)
_SAYING_LIBRARIES = ("onnxruntime", "safetensors")  # their errors are plain `Exception`s


class OutOfMemoryError(UserError):
    """Memory was too small for what the user asked for."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was too small, on the processor or an accelerator, and nobody has said so yet.

    Args:
        error: It or what caused it may say so: libraries wrap what they cannot handle.
    """
    if isinstance(error, OutOfMemoryError):
        return False
    link: BaseException | None = error
    while link is not None:
        if _says_so(link):
            return True
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return False


@contextlib.contextmanager
def memory_faults_explained(where: str) -> Iterator[None]:
    """Turn every library's way to say that memory is too small into a UserError that says what was being done.

    Args:
        where: What was being done, or the folder that it concerns.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            "the memory is too small",
            where=where,
            fix="Close other programs, raise the limits (`ulimit -a` shows them) or use a machine with more memory; a "
            "smaller model, or fewer and shorter rows, need less. Then run the same command again.",
        ) from error


def _says_so(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, RuntimeError) or type(error).__module__.startswith(_SAYING_LIBRARIES):
        return any(saying in str(error).casefold() for saying in _SAYINGS)
    return isinstance(error, MemoryError)
