"""From picture files to the pixels that a network takes, resized once and kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.fetch.cache import cache_folder
from burnish.hardware import cores
from burnish.picture_files import read_picture
from burnish.run_folder import atomic_path

if TYPE_CHECKING:
    from torch import Tensor

_MOST_IN_MEMORY = 1 << 29  # bytes of resized pictures that stay in memory
_FORMAT = 1  # of what is kept; a change makes old files unknown


@dataclass(kw_only=True)
class PictureReader:
    """Resizes whole pictures to a square, whatever their shape, so that nothing at the edges is lost.

    Attributes:
        side: Pixels a side.
        mean: Of each channel, as a share of full brightness, which the network subtracts.
        deviation: Of each channel, which it divides by.
    """

    side: int
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)
    _known: OrderedDict[str, np.ndarray] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def pixels(self, sources: Sequence[Any], *, keep: bool = False) -> Tensor:
        """Pictures as uint8 (rows, 3, side, side), read in threads.

        Args:
            sources: Files, or pictures in memory.
            keep: Whether resized files stay in memory and in the user's cache: right for data that is read in every
                epoch, and wrong for what strangers send.

        Raises:
            UnreadablePictureError: A file is no picture any more.
        """
        import torch

        read = self._kept if keep else self._resized
        if len(sources) > 1:
            return torch.from_numpy(np.stack(list(self._threads.map(read, sources))))
        return torch.from_numpy(np.stack([read(source) for source in sources]))

    def _kept(self, source: Any) -> np.ndarray:
        """One picture, uint8 (3, side, side): from memory, from the user's cache, or from its file."""
        if not isinstance(source, str | Path):
            return self._resized(source)
        key = self._key(source)
        if (known := self._known.get(key)) is not None:
            return known
        kept = cache_folder() / "pictures" / key[:2] / f"{key}.npy"
        try:
            array: np.ndarray = np.load(kept, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            array = self._resized(source)
            _keep(kept, array)
        self._remember(key, array)
        return array

    def _remember(self, key: str, array: np.ndarray) -> None:
        with self._lock:
            self._known[key] = array
            while len(self._known) * array.nbytes > _MOST_IN_MEMORY:
                self._known.popitem(last=False)

    def _resized(self, source: Any) -> np.ndarray:
        from PIL.Image import Resampling

        picture = read_picture(source, draft=2 * self.side)
        squared = picture.resize((self.side, self.side), Resampling.BICUBIC)
        return np.ascontiguousarray(np.asarray(squared, dtype=np.uint8).transpose(2, 0, 1))

    def _key(self, source: Any) -> str:
        """What a file is known by: its place, size and time, so that one that has changed is read again."""
        if not isinstance(source, str | Path):
            return ""
        try:
            found = Path(source).stat()
        except OSError:
            return ""
        told = f"{_FORMAT}|{self.side}|{Path(source).absolute()}|{found.st_size}|{found.st_mtime_ns}"
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=max(2, cores()), thread_name_prefix="pictures")


def _keep(path: Path, array: np.ndarray) -> None:
    """Write a resized picture into the cache; where that cannot be done, it is made again the next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    except OSError:
        return
