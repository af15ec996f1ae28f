"""States of frozen networks, kept on disk between runs: checked, bounded, and shared by processes.

A store is a folder under `states/` of the user's cache, one for everything that the states depend on. It holds
segments, files that are written once and never changed: row keys, units per row, and the states themselves, which are
mapped into memory when read.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import math
import os
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from burnish.errors import UserError
from burnish.fetch.cache import cache_folder
from burnish.hardware import free_gigabytes, memory_gigabytes
from burnish.run_folder import atomic_path

CODE = "1"  # raised when what a segment holds changes its meaning
KEY_BYTES = 16
MOST_BYTES = 10e9  # of all stores together, unless BURNISH_STATES_GB says otherwise
SHARE_OF_DISK = 0.1  # of the free disk, at most
SHARE_OF_MEMORY = 0.25  # for states that the disk does not take
SEGMENT_BYTES = 256e6  # states wait in memory until there are so many
SMALL_SEGMENT, MANY_SMALL = 8e6, 16  # so many segments so small are joined into one
_HEADER = 128  # bytes of the first line
_BLOCK = 1 << 20
_PATIENCE = 60.0  # seconds to wait for another process that writes
_HELD = ".in-use"  # locked by every process that has the store open; its time says when it was last opened


@dataclass(frozen=True, kw_only=True, eq=False)
class _Segment:
    """A segment file, open.

    Attributes:
        keys: One a row.
        begins: Where each row's units begin; one more, for the end.
        states: (units, ...), mapped into memory.
    """

    path: Path
    keys: list[bytes]
    begins: np.ndarray
    states: np.ndarray

    def row(self, position: int) -> np.ndarray:
        """The states of one row, (units, ...)."""
        return self.states[self.begins[position] : self.begins[position + 1]]


class StateStore:
    """States by row key. What the disk does not take is kept in memory, and never fails a run.

    Args:
        identity: All that the states depend on besides the row: weights, place in the network, precision, versions.
        width: Shape of one unit of a row (a token's vector).
        dtype: What they are kept as.

    Raises:
        UserError: BURNISH_STATES_GB is no number.
    """

    def __init__(self, identity: str, width: Sequence[int], dtype: np.dtype) -> None:
        self.width, self.dtype = tuple(width), np.dtype(dtype)
        self.notes: list[str] = []  # sentences for the log, about what did not go as it should
        self.full = False  # neither disk nor memory takes more
        name = hashlib.sha256(f"{CODE}|{identity}|{self.width}|{self.dtype.str}".encode()).hexdigest()[:32]
        self._root = cache_folder() / "states"
        self._folder = self._root / name
        self._segments: list[_Segment] = []
        self._index: dict[bytes, tuple[int, int]] = {}  # key -> segment, row in it
        self._waiting: dict[bytes, np.ndarray] = {}  # not on disk, or not yet
        self._waiting_bytes = 0
        self._on_disk = True
        self._hold = contextlib.ExitStack()
        with self._disk_may_fail():
            self._on_disk = bound_bytes(self._root) > 0
            if self._on_disk:
                with _locked(self._root):
                    self._take_hold()
                self.refresh()

    def __contains__(self, key: bytes) -> bool:
        return key in self._index or key in self._waiting

    def __len__(self) -> int:
        return len(self._index) + len(self._waiting)

    def get(self, key: bytes) -> np.ndarray:
        """The states of a row that the store contains, (units, *width); not to be written to."""
        if (place := self._index.get(key)) is not None:
            return self._segments[place[0]].row(place[1])
        return self._waiting[key]

    def add(self, rows: Mapping[bytes, np.ndarray]) -> None:
        """Keep the states of rows, each (units, *width)."""
        for key, states in rows.items():
            if key in self or self.full:
                continue
            if not self._on_disk and self._waiting_bytes + states.nbytes > SHARE_OF_MEMORY * memory_gigabytes() * 1e9:
                self.full = True
                self.notes.append("states fill a quarter of the memory: those of further rows are computed each time")
                continue
            self._waiting[key] = states
            self._waiting_bytes += states.nbytes
        if self._on_disk and self._waiting_bytes >= SEGMENT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory into a segment, where the disk takes it."""
        if not (self._on_disk and self._waiting):
            return
        with self._disk_may_fail(), _locked(self._root):
            self.refresh()  # another process may have written the same rows
            for key in self._index.keys() & self._waiting.keys():
                self._waiting_bytes -= self._waiting.pop(key).nbytes
            if self._waiting and self._has_room():
                self._write_segment()

    def refresh(self) -> None:
        """Open the segments that this or another process has written since; remove the damaged ones."""
        opened = {segment.path for segment in self._segments}
        with self._disk_may_fail():
            for path in sorted(self._folder.glob("*.states")):
                if path in opened:
                    continue
                try:
                    segment = _open_segment(path, self.width, self.dtype)
                except FileNotFoundError:
                    continue  # another process has just joined it with others
                if segment is None:
                    path.unlink(missing_ok=True)
                    self.notes.append("states kept on disk were damaged: they were removed and are computed again")
                else:
                    self._take_in(segment)

    def forget(self) -> None:
        """Forget all rows; what is on disk stays there."""
        self._segments.clear()
        self._index.clear()
        self._waiting.clear()
        self._waiting_bytes = 0

    def clear(self) -> None:
        """Forget all rows, and remove them from the disk."""
        self.forget()
        with self._disk_may_fail():
            for path in self._folder.glob("*.states"):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Write what waits, and let other processes evict this store."""
        self.flush()
        self._hold.close()

    @contextlib.contextmanager
    def _disk_may_fail(self) -> Iterator[None]:
        """On what a disk refuses, go on in memory and say so."""
        try:
            yield
        except OSError as error:
            self._on_disk = False
            self.notes.append(f"states are kept in memory only: {error.strerror or error}")

    def _take_hold(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        hold = self._hold.enter_context((self._folder / _HELD).open("a"))
        fcntl.flock(hold, fcntl.LOCK_SH)  # let go of when the file is closed, or the process ends
        os.utime(self._folder / _HELD)
        for left in self._folder.glob("*.tmp"):  # by a process that was killed: writing takes the lock that we hold
            left.unlink(missing_ok=True)

    def _has_room(self) -> bool:
        """Whether what waits fits into the bound, after evicting other stores where needed."""
        if _make_room(self._root, self._waiting_bytes, keep=self._folder):
            return True
        self._on_disk = False
        self.notes.append(
            f"the cache of states is at its bound of {bound_bytes(self._root) / 1e9:.1f} GB (BURNISH_STATES_GB): "
            "states of further rows are kept in memory only"
        )
        return False

    def _write_segment(self) -> None:
        """Put the waiting rows into a file of their own, together with small segments where there are many."""
        small = [segment for segment in self._segments if segment.states.nbytes < SMALL_SEGMENT]
        joined = small if len(small) >= MANY_SMALL else []
        rows = {key: segment.row(number) for segment in joined for number, key in enumerate(segment.keys)}
        rows |= self._waiting
        path = _save_segment(self._folder, rows, self.dtype)
        if (segment := _open_segment(path, self.width, self.dtype)) is None:
            raise OSError(f"{path} does not read back as it was written")
        for old in joined:
            old.path.unlink(missing_ok=True)
        kept = [old for old in self._segments if old not in joined]
        self.forget()
        for each in (*kept, segment):
            self._take_in(each)

    def _take_in(self, segment: _Segment) -> None:
        self._segments.append(segment)
        number = len(self._segments) - 1
        for position, key in enumerate(segment.keys):
            self._index.setdefault(key, (number, position))


def bound_bytes(root: Path) -> float:
    """Most bytes that all stores together may take on the disk of `root`.

    Raises:
        UserError: BURNISH_STATES_GB is no number.
    """
    if named := os.environ.get("BURNISH_STATES_GB"):
        try:
            gigabytes = float(named)
        except ValueError:
            gigabytes = math.nan
        if not gigabytes >= 0:
            raise UserError(
                f"{named!r} is no number of gigabytes",
                where="BURNISH_STATES_GB",
                fix="Write a number such as 10, or 0.",
            )
        return gigabytes * 1e9
    free = free_gigabytes(root) * 1e9 + sum(_size(folder) for folder in _stores(root))
    return min(MOST_BYTES, SHARE_OF_DISK * free)


def _save_segment(folder: Path, rows: Mapping[bytes, np.ndarray], dtype: np.dtype) -> Path:
    """Write rows as a segment in one step, and return its path: a line of JSON, keys, units of each row, states."""
    keys = np.frombuffer(b"".join(rows), dtype=np.uint8)
    units = np.array([len(states) for states in rows.values()], dtype="<i8")
    arrays = [keys, units, *(np.ascontiguousarray(states, dtype=dtype) for states in rows.values())]
    pieces = [array.data.cast("B") for array in arrays if array.size]
    facts = {"rows": len(units), "checksum": _checksum(len(units), pieces)}
    path = folder / f"{hashlib.sha256(keys.data).hexdigest()[:32]}.states"
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(json.dumps(facts).encode().ljust(_HEADER - 1) + b"\n")
        file.writelines(pieces)
    return path


def _open_segment(path: Path, width: tuple[int, ...], dtype: np.dtype) -> _Segment | None:
    """Open a segment, or return None where its bytes are not those that were written."""
    try:
        with path.open("rb") as file:
            facts = json.loads(file.read(_HEADER))
            rows = int(facts["rows"])
            if _checksum(rows, iter(lambda: file.read(_BLOCK), b"")) != facts["checksum"]:
                return None
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    begin = _HEADER + rows * (KEY_BYTES + 8)
    head = np.fromfile(path, dtype=np.uint8, count=begin - _HEADER, offset=_HEADER)
    keys = head[: rows * KEY_BYTES].tobytes()
    units = head[rows * KEY_BYTES :].view("<i8")
    shape = (int(units.sum()), *width)
    if 0 in shape:
        states = np.zeros(shape, dtype)
    else:
        states = np.asarray(np.memmap(path, dtype=dtype, mode="r", offset=begin, shape=shape))
    return _Segment(
        path=path,
        keys=[keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)],
        begins=np.concatenate([[0], np.cumsum(units)]),
        states=states,
    )


def _checksum(rows: int, pieces: Iterable[bytes | memoryview]) -> int:
    total = rows  # begun from, so that a damaged number of rows shows too
    for piece in pieces:
        total = zlib.crc32(piece, total)
    return total


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold all stores for writing; the system lets go of them when the process ends, however it ends.

    Raises:
        TimeoutError: Another process has held them for too long.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("a") as lock:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError("another process is writing states, and does not end") from None
                time.sleep(0.02)
        yield


def _make_room(root: Path, wanted: float, keep: Path) -> bool:
    """Evict the least recently used stores until `wanted` more bytes fit; never one in use. Whether they fit."""
    sizes = {folder: _size(folder) for folder in _stores(root)}
    bound, used = bound_bytes(root), sum(sizes.values())
    for folder in sorted(sizes, key=_last_used):
        if used + wanted <= bound:
            break
        if folder != keep and _remove_unused(folder):
            used -= sizes[folder]
    return used + wanted <= bound


def _remove_unused(folder: Path) -> bool:
    with (folder / _HELD).open("a") as hold:
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        shutil.rmtree(folder)
    return True


def _stores(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _last_used(folder: Path) -> float:
    held = folder / _HELD
    return held.stat().st_mtime if held.exists() else 0.0


def _size(folder: Path) -> int:
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process has just removed it
            total += path.stat().st_size
    return total
