"""What takes long to make is made once, by whichever process of the test run comes first; the others wait for it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of this test run that all its worker processes have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(place: Path, make: Callable[[Path], object]) -> Path:
    """A folder that `make` has filled; tests only look at it.

    Args:
        place: Where it is to be; its parent exists.
        make: Fills the empty folder that it is given.
    """
    with place.with_name(f".{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made := place.with_name(f".{place.name}.made")).exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            made.touch()
    return place


def new_cache(place: Path, like: Path) -> Path:
    """A cache of its own, empty but for the graphs of toy networks, which are exported once for all tests.

    Args:
        place: Where it is to be.
        like: Another cache, which has them.
    """
    place.mkdir(parents=True, exist_ok=True)
    if not (graphs := place / "graphs").is_symlink():
        graphs.symlink_to((like / "graphs").resolve())
    return place
