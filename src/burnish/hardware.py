"""What this machine is, and what computing on it costs in money and energy."""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# Typical on-demand prices in US dollars, early 2026: general-purpose cloud instances, per core and hour.
PRICE_PER_CORE_HOUR = 0.05
PRICE_PER_GPU_HOUR = {"H200": 4.0, "H100": 3.0, "A100": 2.0, "L40S": 1.2, "L4": 0.8, "A10": 1.0, "T4": 0.5}
PRICE_OF_OTHER_GPU_HOUR = 1.0
WATTS_PER_CORE = 8.0  # a server processor's rated power over its cores, with memory
_ENERGY_COUNTER = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


def processor_name() -> str:
    """The processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def let_threads_sleep() -> None:
    """Let OpenMP's threads sleep soon while they wait, unless torch is loaded already or the user has said otherwise.

    By default they spin for long. Where other programs use the same cores, a waiting thread then takes the time that
    the one it waits for would need: a step of MiniLM on two cores, one of them busy, takes 4.6 s, and 1.0 s so. Not to
    spin at all costs a third on idle cores, so they spin for a little while.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "6000")


def set_threads(threads: int) -> int:
    """Let torch compute on so many threads; for 0, on as many as OMP_NUM_THREADS says, or on every core."""
    import torch

    said = os.environ.get("OMP_NUM_THREADS", "")
    chosen = threads or (int(said) if said.isdigit() and int(said) else cores())
    torch.set_num_threads(chosen)
    return chosen


def computing_device(wanted: str = "auto") -> torch.device:
    """Where networks compute: the machine's GPU, or the processor where there is none or it is `wanted` ("cpu")."""
    import torch

    found = torch.accelerator.current_accelerator(check_available=True) if wanted != "cpu" else None
    return found or torch.device("cpu")


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gigabytes() -> float:
    """Main memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def free_gigabytes(folder: Path) -> float:
    """Free disk space where `folder` is, or would be."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free / 1e9


def processor_seconds() -> float:
    """Processor seconds that this process and its ended children have used."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_memory_megabytes() -> float:
    """The most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if platform.system() == "Darwin" else peak / 1e3


_WORTH_GIVING_BACK = 48 * 2**20  # bytes; to look for what is held in circles takes half a second
_HELD = {"bytes": 0}  # when memory was last given back


def give_back_memory() -> None:
    """Give back to the system what nothing needs any more; the C library keeps freed memory to itself otherwise.

    Nothing happens where this process has not grown much since the last time.
    """
    import ctypes

    if 0 < _resident_bytes() < _HELD["bytes"] + _WORTH_GIVING_BACK:
        return
    gc.collect()  # networks and optimisers hold on to themselves in circles
    if platform.system() == "Linux":
        with contextlib.suppress(AttributeError):  # other C libraries than GNU's do not know it
            ctypes.CDLL(None).malloc_trim(0)
    _HELD["bytes"] = _resident_bytes()


def _resident_bytes() -> int:
    """Memory that this process holds at present; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a piece of work used.

    Attributes:
        seconds: Wall seconds.
        processor_seconds: Processor seconds over all cores.
        watt_hours: Energy of the processor.
        energy_measured: True where the processor's own counter was read, False for an estimate.
    """

    seconds: float
    processor_seconds: float
    watt_hours: float
    energy_measured: bool


class Meter:
    """Measures what is used between its creation and `read`."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._processor = processor_seconds()
        self._joules = _energy_counter()

    def read(self) -> Usage:
        """What has been used so far."""
        processor = processor_seconds() - self._processor
        before, now = self._joules, _energy_counter()
        if before is None or now is None or now < before:  # no counter, or one that has begun again
            joules, measured = processor * WATTS_PER_CORE, False
        else:
            joules, measured = now - before, True
        return Usage(
            seconds=time.perf_counter() - self._began,
            processor_seconds=processor,
            watt_hours=joules / 3600,
            energy_measured=measured,
        )


def _energy_counter() -> float | None:
    """The processor's energy counter in joules, where the system lets us read it (RAPL)."""
    try:
        return int(_ENERGY_COUNTER.read_text(encoding="ascii")) / 1e6
    except (OSError, ValueError):
        return None


def price_per_hour(gpu: str) -> float:
    """The default price of this machine in US dollars per hour.

    Args:
        gpu: Name of the GPU that is used, or "" for none.
    """
    if not gpu:
        return PRICE_PER_CORE_HOUR * cores()
    known = (price for name, price in PRICE_PER_GPU_HOUR.items() if name in gpu)
    return next(known, PRICE_OF_OTHER_GPU_HOUR)
