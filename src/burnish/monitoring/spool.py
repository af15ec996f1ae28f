"""Lines on disk that wait to be stored elsewhere: what was accepted here outlives the process.

A line is written with one call of the system before anyone is told that it is logged, so that killing the process loses
nothing (a power cut may lose what the system had not yet written out). Lines stand in segments; a segment is removed
when all of its lines are stored and newer lines go into another one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SEGMENT_BYTES = 4_000_000
_PART_BYTES = 1_000_000
_ENDING = ".jsonl"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Whole lines of a segment.

    Attributes:
        segment: The file.
        lines: The lines, without their ends.
        end: The position after them.
    """

    segment: Path
    lines: Sequence[bytes]
    end: int


class Spool:
    """A folder of segments. Writing is for many threads, reading for one.

    Args:
        folder: Made where it does not exist. Only the user who runs the server may read it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._writing = threading.Lock()
        self._read: dict[Path, int] = {}
        numbers = [int(path.stem) for path in self._segments()]
        self._number = max(numbers, default=0) + 1  # the last line of an older segment may be cut off: begin a new one
        self._file = -1
        self._size = 0

    def add(self, lines: bytes) -> None:
        """Append whole lines.

        Raises:
            OSError: The disk is full, or may not be written; nothing of them is kept then.
        """
        with self._writing:
            if self._file < 0 or self._size >= SEGMENT_BYTES:
                self._begin_segment()
            written = os.write(self._file, lines)
            if written < len(lines):
                os.ftruncate(self._file, self._size)
                raise OSError(28, os.strerror(28), str(self._folder))
            self._size += written

    def next(self) -> Part | None:
        """The oldest lines that are not stored yet; None where all are."""
        for segment in self._segments():
            begin = self._read.get(segment, 0)
            with segment.open("rb") as file:
                file.seek(begin)
                content = file.read(_PART_BYTES)
                if content and b"\n" not in content:  # one very long line
                    content += file.read()
            whole = content[: content.rfind(b"\n") + 1]
            if not whole and content and int(segment.stem) < self._number:
                self._read[segment] = begin + len(content)  # a crash cut this line off: it was never accepted
            if whole:
                return Part(segment=segment, lines=whole.splitlines(), end=begin + len(whole))
        return None

    def stored(self, part: Part) -> None:
        """Lines are stored: they are not given again, and their segment is removed where it holds no others."""
        self._read[part.segment] = part.end
        with self._writing:
            for segment in self._segments():
                is_done = self._read.get(segment, 0) >= segment.stat().st_size
                if int(segment.stem) < self._number and is_done:
                    segment.unlink()
                    self._read.pop(segment, None)

    def close(self) -> None:
        """Close the file that is written; where all of its lines are stored, remove it."""
        with self._writing:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
            self._number += 1
        for segment in self._segments():
            if self._read.get(segment, 0) >= segment.stat().st_size:
                segment.unlink()

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_ENDING}"))

    def _begin_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1  # before the next one is opened, which a full disk may refuse
            self._number += 1
        path = self._folder / f"{self._number:012d}{_ENDING}"
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._size = path.stat().st_size
