"""What an audio file is like, seen through soundfile: what is wrong with it, and what is odd about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from burnish.data.images import file_fault

_SILENT = 1e-3  # of full scale: -60 dB
_FULL, _RUN, _CLIPPED = 0.999, 3, 1e-4  # of full scale; samples in a row; share of all samples
_SHORTEST = 0.1  # seconds


@dataclass(frozen=True, kw_only=True)
class Sound:
    """An audio file: why it cannot be used ("" where it can), its rate in Hz, its seconds, what is odd, and a digest.

    Files of the same samples at the same rate have the same digest, in whatever form they keep them.
    """

    fault: str = ""
    rate: int = 0
    seconds: float = 0.0
    odd: tuple[str, ...] = ()
    digest: str = ""


def listen(path: Path) -> Sound:
    """Read an audio file through; one that has not changed is read once only, however many checks ask."""
    if fault := file_fault(path):
        return Sound(fault=fault)
    found = path.stat()
    return _heard(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1 << 20)
def _heard(path: Path, _size: int, _time: int) -> Sound:
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError):
        return Sound(fault="the file is no audio that can be read")
    if not len(samples):
        return Sound(fault="there is no sound in the file")
    loud = np.abs(samples).max(axis=1)
    odd = []
    if loud.max() < _SILENT:
        odd.append("is silent")
    if _clipped(loud) > _CLIPPED:
        odd.append("is clipped")
    if len(samples) < _SHORTEST * rate:
        odd.append(f"lasts {len(samples) / rate:.2f} s only")
    digest = hashlib.sha256(f"{rate} {samples.shape}".encode() + samples.tobytes()).hexdigest()
    return Sound(rate=rate, seconds=len(samples) / rate, odd=tuple(odd), digest=digest)


def _clipped(loud: np.ndarray) -> float:
    """Share of the samples that stand at full scale, several in a row."""
    full = loud >= _FULL
    run = np.convolve(full, np.ones(_RUN, dtype=int), mode="valid") == _RUN if len(full) >= _RUN else full[:0]
    return float(run.sum() / len(loud))
