"""What this machine is, and what is used on it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from burnish import hardware
from burnish.hardware import (
    WATTS_PER_CORE,
    Meter,
    computing_device,
    cores,
    free_gigabytes,
    memory_gigabytes,
    peak_memory_megabytes,
    price_per_hour,
    processor_name,
    processor_seconds,
)


def test_the_machine_has_what_machines_have(tmp_path: Path) -> None:
    assert processor_name()
    assert cores() >= 1
    assert memory_gigabytes() > 0.1
    assert peak_memory_megabytes() > 10
    assert free_gigabytes(tmp_path / "not" / "there" / "yet") == pytest.approx(free_gigabytes(tmp_path), rel=0.1)


def test_networks_compute_on_the_gpu_that_there_is_unless_the_processor_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert computing_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: torch.device("cuda"))
    assert computing_device() == torch.device("cuda")
    assert computing_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: None)
    assert computing_device("auto") == torch.device("cpu")


def work(seconds: float) -> None:
    end = processor_seconds() + seconds
    while processor_seconds() < end:
        sum(range(1000))


def test_a_meter_without_a_counter_estimates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hardware, "_ENERGY_COUNTER", tmp_path / "nothing")
    meter = Meter()
    work(0.1)
    time.sleep(0.05)
    usage = meter.read()
    assert usage.processor_seconds >= 0.1
    assert usage.seconds >= 0.1
    assert not usage.energy_measured
    assert usage.watt_hours == pytest.approx(usage.processor_seconds * WATTS_PER_CORE / 3600)


@pytest.mark.parametrize(
    ("before", "after", "watt_hours"), [("1000000", "3601000000", 1.0), ("5", "5", 0.0), ("0", "7200000000", 2.0)]
)
def test_a_meter_with_a_counter_reads_it(
    before: str, after: str, watt_hours: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counter = tmp_path / "energy_uj"
    counter.write_text(f"{before}\n")
    monkeypatch.setattr(hardware, "_ENERGY_COUNTER", counter)
    meter = Meter()
    counter.write_text(f"{after}\n")
    usage = meter.read()
    assert usage.energy_measured
    assert usage.watt_hours == pytest.approx(watt_hours)


@pytest.mark.parametrize("after", ["3", "no number", None])
def test_a_counter_that_begins_again_or_goes_away_is_not_believed(
    after: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counter = tmp_path / "energy_uj"
    counter.write_text("99")
    monkeypatch.setattr(hardware, "_ENERGY_COUNTER", counter)
    meter = Meter()
    counter.unlink() if after is None else counter.write_text(after)
    usage = meter.read()
    assert not usage.energy_measured
    assert usage.watt_hours >= 0


@pytest.mark.parametrize(
    ("gpu", "price"),
    [
        ("NVIDIA H200", 4.0),
        ("NVIDIA A100-SXM4-80GB", 2.0),
        ("NVIDIA L40S", 1.2),
        ("NVIDIA L4", 0.8),
        ("Tesla T4", 0.5),
        ("A10", 1.0),
        ("Other", 1.0),
    ],
)
def test_prices(gpu: str, price: float) -> None:
    assert price_per_hour(gpu) == price
    assert price_per_hour("") == pytest.approx(hardware.PRICE_PER_CORE_HOUR * cores())
