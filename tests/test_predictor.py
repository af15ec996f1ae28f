"""Loading specialists of every kind, with every engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import burnish
from burnish.errors import UserError
from burnish.predictor import load_specialist
from tests.kept import keep, opened
from tests.making import write_csv
from tests.processes import Processes


@pytest.fixture(scope="module")
def kept(finished: burnish.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept baseline, which has no ONNX form."""
    return keep(finished, "tfidf-linear", tmp_path_factory.mktemp("kept") / "specialist")


def test_a_baseline_has_no_onnx_form(kept: Path) -> None:
    assert [p.value for p in load_specialist(kept).predict(["lovely great", "awful broken"])] == [
        "positive",
        "negative",
    ]
    with pytest.raises(UserError) as caught:
        load_specialist(kept, "onnx")
    assert caught.value.what == (
        "this specialist has no ONNX form: it is the baseline 'tfidf-linear', which is not a network"
    )
    assert caught.value.where == str(kept)
    assert "torch engine" in caught.value.fix


def test_a_kept_linear_probe_has_one(finished: burnish.Run, tmp_path: Path) -> None:
    folder = keep(finished, "linear-probe", tmp_path / "probe")
    expected = load_specialist(folder).predict(["lovely great"])
    (found,) = load_specialist(folder, "onnx").predict(["lovely great"])
    assert found.confidence == pytest.approx(expected[0].confidence, abs=1e-5)


def test_the_command_line_says_so_before_it_writes_anything(kept: Path, tmp_path: Path, processes: Processes) -> None:
    rows, out = write_csv(tmp_path / "rows.csv", [("great",)], ("text",)), tmp_path / "out.csv"
    command = ("predict", kept, rows, "-o", out)
    done = processes.run(*command, "--engine", "onnx", "--json")
    assert done.returncode == 2
    assert "no ONNX form" in json.loads(done.stdout)["error"]["what"]
    assert not out.exists()
    assert processes.run(*command).returncode == 0
    assert out.exists()


def test_untouched_features_are_the_same_with_and_without_the_cache(finished: burnish.Run) -> None:
    from dataclasses import replace

    rows = [{"text": "a lovely box"}, {"text": "awful"}]
    untouched = opened(finished).features()
    assert untouched.digest
    for _ in range(2):
        assert abs(untouched(rows) - replace(untouched, digest="")(rows)).max() < 1e-5
