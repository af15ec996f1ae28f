"""Find out by measuring whether bfloat16 pays on this machine, and remember it."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch

from burnish.fetch.cache import cache_folder
from burnish.hardware import processor_name
from burnish.run_folder import write_json

WORTH_IT = 1.1  # bf16 must be at least this much faster
_ROUNDS = 5


def bf16_pays(one_step: Callable[[bool], None], what: str, device: torch.device) -> tuple[bool, str]:
    """Whether a training step is faster in bfloat16, measured once per machine and model.

    The answer is kept in the user's cache: a run that is resumed, or made again, must get the same one.

    Args:
        one_step: Runs one step forward and backward, in bf16 if told so, without changing weights.
        what: What the answer depends on besides the machine (model, threads, batch).
        device: Where the step runs.

    Returns:
        The answer, and a sentence that says why.
    """
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported()
        return able, "bf16: the GPU has it" if able else "fp32: this GPU has no bf16"
    if device.type != "cpu":
        return False, f"fp32: bf16 is not tried on {device.type}"
    if not processor_has_bf16():
        return False, "fp32: this processor has no bf16 instructions"
    kept = _kept_file(what)
    if kept.is_file():
        ratio = float(json.loads(kept.read_text(encoding="utf-8"))["ratio"])
    else:
        ratio = _measure(one_step)
        write_json(kept, {"ratio": round(ratio, 3), "what": what, "machine": _machine()})
    faster = ratio >= WORTH_IT
    return faster, f"{'bf16' if faster else 'fp32'}: a step in bf16 is {ratio:.1f} times as fast here"


def processor_has_bf16() -> bool:
    """Whether bf16 has instructions of its own; torch has no public question for it."""
    if platform.machine() in {"arm64", "aarch64"}:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001


def _measure(one_step: Callable[[bool], None]) -> float:
    """How many times faster bf16 is: the ratio of the fastest of a few processor times, taken in turns.

    One thread does it: threads that wait for each other on a busy machine spend processor time on waiting.
    """
    best = {False: float("inf"), True: float("inf")}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for bf16 in (False, True):
            one_step(bf16)  # the first call also sets up kernels
        for _ in range(_ROUNDS):
            for bf16 in (False, True):
                began = time.process_time()
                one_step(bf16)
                best[bf16] = min(best[bf16], time.process_time() - began)
    finally:
        torch.set_num_threads(threads)
    return best[False] / max(best[True], 1e-9)


def _machine() -> str:
    return f"{processor_name()}, torch {torch.__version__}"


def _kept_file(what: str) -> Path:
    key = hashlib.sha256(f"{_machine()}|{what}".encode()).hexdigest()[:24]
    return cache_folder() / "measurements" / f"bf16-{key}.json"
