from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.data import view_data
from burnish.reporting.facts import read_facts
from burnish.reporting.page import render_report
from burnish.reporting.pretraining import PretrainingView, view_pretraining
from tests.reporting.made_up import files, write_run

TOLD = {
    "perplexity": {"before": 346.2, "after": 72.84},
    "rows": {"training": 600, "unlabelled": 400, "without_words": 0, "cut": 0, "learned": 900, "held_out": 100},
    "held_out_tokens": 250,
    "mask": 0.15,
    "epochs": 2,
    "steps": 4,
    "curve": [[1, 6.0], [2, 5.0], [3, 4.5], [4, 4.4]],
    "held_out": [[0, 5.847], [2, 4.6], [4, 4.288]],
    "seconds": 61.0,
    "head": "new, tied to the embeddings, first fitted alone",
    "head_alone": {"curve": [], "seconds": 20.0, "held_out": []},
    "device": "cpu",
    "threads": 2,
}


def view(tmp_path: Path, **changes: Any) -> PretrainingView:
    content = {**files(), "pretrain/pretraining.json": {**TOLD, **changes}}
    found = view_pretraining(read_facts(write_run(tmp_path / "run", content)))
    assert found is not None
    return found


def test_a_run_without_it_has_no_such_part(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", files())
    assert view_pretraining(read_facts(run)) is None
    assert "Pre-training" not in render_report(run)


def test_sentences_and_facts(tmp_path: Path) -> None:
    found = view(tmp_path)
    read, fell, head = found.sentences
    assert read == "Before the method began, the model read 900 texts 2 times to predict hidden words, in 1 min 1 s."
    assert fell.startswith("On texts that were held out, its perplexity went from 346.2 to 72.84: ")
    assert fell.endswith("it knows the words of the domain better.")
    assert "part of the difference is its own" in head
    assert dict(found.facts) == {
        "Perplexity before": "346.2",
        "Perplexity after": "72.84",
        "Training rows read": "600",
        "Rows without labels read": "400",
        "Held out to measure on": "100 (250 hidden tokens)",
        "Head for hidden words": "new, tied to the embeddings, first fitted alone",
    }


def test_what_was_cut_and_what_did_not_help_is_said(tmp_path: Path) -> None:
    rows = {**TOLD["rows"], "without_words": 1, "cut": 3}  # type: ignore[dict-item]
    told = view(tmp_path, rows=rows, epochs=1, head_alone=None, perplexity={"before": 20.0, "after": 21.0}).sentences
    assert "900 texts once" in told[0]
    assert told[1].endswith("it knows the words of the domain no better.")
    assert told[2:] == (
        "Nothing could be hidden in 1 text.",
        "3 texts are longer than the model reads; the beginning was read.",
    )


def test_the_curve_by_epoch(tmp_path: Path) -> None:
    (plot,) = view(tmp_path).plots
    assert plot.mark is None
    assert [tick.label for tick in plot.x.ticks] == ["0", "0.5", "1.0", "1.5", "2.0"]
    assert plot.series[1].dots.count("M") == 3
    assert "from 5.847 to 4.288" in plot.label


def test_the_page_shows_it_before_training(tmp_path: Path) -> None:
    page = render_report(write_run(tmp_path / "run", {**files(), "pretrain/pretraining.json": TOLD}))
    assert page.index("Pre-training on texts of the domain") < page.index("Training took 2 epochs")
    assert 'class="mark" d="MNone' not in page


def test_rows_beside_the_parts_are_accounted_for(tmp_path: Path) -> None:
    content = files()
    ledger = content["check/ledger.json"]
    content["check/ledger.json"] = {**ledger, "read": 1460, "kept": 1450, "beside": {"replay": 50, "unlabelled": 400}}
    found = view_data(read_facts(write_run(tmp_path / "run", content)))
    assert found.adds_up
    assert [(part.name, part.rows, part.words) for part in found.parts[3:]] == [
        ("replay", 50, "general, to mix into training"),
        ("unlabelled", 400, "without labels, to pre-train on"),
    ]
