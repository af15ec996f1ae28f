"""Data that no task reads is checked all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from burnish.errors import UserError
from burnish.events import Note, finish
from burnish.faces.checking import start_check
from burnish.faces.python import prepare
from burnish.run_folder import read_json

RATE = 8000


def tone(path: Path, pitch: float, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.4 * np.sin(pitch * np.arange(int(seconds * RATE)) / RATE), RATE)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder per class: six tones, one of them twice, one silent, one empty file."""
    folder = tmp_path / "sounds"
    for number in range(6):
        tone(folder / ("low" if number < 3 else "high") / f"{number}.wav", 1000 * (number + 1))
    tone(folder / "low" / "copy.wav", 1000)
    soundfile.write(folder / "high" / "silent.wav", np.zeros(RATE), RATE)
    (folder / "high" / "empty.wav").touch()
    return folder


def checked(source: Path, out: Path, **keys: Any) -> tuple[Path, dict[str, Any], dict[str, Any], list[str]]:
    """The folder of a check, its ledger, its findings by name, and what was said."""
    recipe, folder = prepare(source, name="checked", out=out, keys=keys)
    work, said = start_check(recipe, folder), []
    for event in work:
        said += [event.text] if isinstance(event, Note) else []
    findings = read_json(folder.file("check", "findings.json"))
    return folder.root, read_json(folder.file("check", "ledger.json")), {f["name"]: f for f in findings}, said


def test_sounds_are_checked_before_any_task_reads_them(sounds: Path, tmp_path: Path) -> None:
    root, ledger, findings, said = checked(sounds, tmp_path / "runs")
    assert "the column 'audio' holds audio, which no task here reads; it can be checked, and not yet trained on" in said
    assert (ledger["read"], ledger["kept"], ledger["dropped"]) == (9, 8, 1)
    assert findings["broken-audio"]["count"] == 1
    assert "is silent (1)" in findings["odd-audio"]["text"]
    assert findings["audio-duplicates"]["count"] == 1
    assert findings["too-little-data"]["count"] == 8
    assert read_json(root / "check" / "profile.json")["strata"] == {"low": 4, "high": 4}
    page = (root / "check" / "data.html").read_text(encoding="utf-8")
    assert "silent.wav is silent" in page
    assert "Every row is accounted for" in page


def test_policies_hold_for_them_too(sounds: Path, tmp_path: Path) -> None:
    policies = {"audio-duplicates": "repair", "odd-audio": "drop"}
    _, ledger, *_ = checked(sounds, tmp_path / "runs", checks=policies)
    assert (ledger["kept"], ledger["merged"], ledger["dropped"]) == (6, 1, 2)
    with pytest.raises(UserError, match="odd"):
        checked(sounds, tmp_path / "others", checks={"odd-audio": "fail"})
    assert not (tmp_path / "others").exists()


def test_a_test_file_is_compared(sounds: Path, tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tone(tests / "low" / "same.wav", 2000)
    tone(tests / "high" / "new.wav", 7777)
    _, ledger, findings, _ = checked(sounds, tmp_path / "runs", test=str(tests))
    assert ledger["read"] == 11
    assert "1 of them like a test file" in findings["audio-duplicates"]["text"]


def test_a_table_of_files_without_labels(sounds: Path, tmp_path: Path) -> None:
    table = sounds / "clips.csv"
    table.write_text("clip,speaker\nlow/0.wav,ann\nlow/copy.wav,ann\nhigh/3.wav,bob\n", encoding="utf-8")
    root, ledger, findings, _ = checked(table, tmp_path / "runs")
    assert ledger["kept"] == 3
    assert findings["audio-duplicates"]["count"] == 1
    assert read_json(root / "check" / "profile.json")["strata"] == {}


def test_a_task_that_is_named_and_reads_something_else_is_an_error(sounds: Path, tmp_path: Path) -> None:
    recipe, folder = prepare(sounds, name="named", out=tmp_path, keys={"task": "text-classification"})
    with pytest.raises(UserError, match="holds audio, which no task here reads"):
        finish(start_check(recipe, folder))


def test_nothing_is_trained_on_them(sounds: Path, tmp_path: Path) -> None:
    import burnish

    with pytest.raises(UserError, match="which no task here reads") as raised:
        burnish.run(sounds, out=tmp_path / "runs")
    assert "burnish check" in raised.value.fix
    assert json.dumps(raised.value.as_dict())


def test_a_column_that_travels_along_is_not_looked_at_as_one_without_a_role(sounds: Path, tmp_path: Path) -> None:
    table = sounds.parent / "sounds.csv"
    lines = [f"sounds/{wav.parent.name}/{wav.name},{wav.parent.name},{wav.stem}" for wav in sounds.rglob("*.wav")]
    table.write_text("\n".join(["audio,label,speaker", *lines]), encoding="utf-8")
    _, ledger, findings, _ = checked(table, tmp_path / "runs", group="speaker")
    assert ledger["read"] == 9
    assert findings["audio-duplicates"]["count"] == 1
