"""Whether bf16 pays is measured once, and remembered."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from burnish.training import precision
from burnish.training.precision import bf16_pays

CPU = torch.device("cpu")


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@pytest.fixture(autouse=True)
def _able(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: True)


def test_the_faster_one_is_taken() -> None:
    assert bf16_pays(lambda bf16: burn(0.004 if bf16 else 0.012), "a", CPU)[0]
    assert not bf16_pays(lambda bf16: burn(0.012 if bf16 else 0.004), "b", CPU)[0]


def test_the_answer_is_kept_for_the_next_run(own_cache: Path) -> None:
    first = bf16_pays(lambda bf16: burn(0.004 if bf16 else 0.012), "model", CPU)

    def fail(bf16: bool) -> None:
        raise AssertionError("measured again")

    assert bf16_pays(fail, "model", CPU) == first
    assert list((own_cache / "measurements").iterdir())


def test_one_thread_measures() -> None:
    seen: dict[bool, int] = {}
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        bf16_pays(lambda bf16: seen.update({bf16: torch.get_num_threads()}), "threads", CPU)
        assert seen == {False: 1, True: 1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_without_instructions_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: False)

    def fail(bf16: bool) -> None:
        raise AssertionError("tried")

    assert bf16_pays(fail, "model", CPU) == (False, "fp32: this processor has no bf16 instructions")
