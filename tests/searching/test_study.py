"""The study on disk: what is proposed, what is remembered, and what happens to trials that were lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from burnish.errors import UserError
from burnish.searching.space import Dimension
from burnish.searching.study import STUDY_FILE, Proposal, Study

RATE = Dimension(key="training.learning-rate", kind="number", low=1e-4, high=1e-1, log=True, own=1e-3)
SIZE = Dimension(key="training.batch-size", kind="choice", values=(8, 16, 32), own=16)
EPOCHS = Dimension(key="training.epochs", kind="whole", low=2, high=4, step=1, own=3)


def open_study(folder: Path, space: Sequence[Dimension] = (RATE, SIZE), **changes: Any) -> Study:
    settings: dict[str, Any] = {"higher_is_better": True, "trials": 20, "prune_from": 2, "seed": 0, **changes}
    return Study(folder, space, **settings)


def do(study: Study, score: Callable[[dict[str, Any]], float]) -> Proposal:
    proposal = study.propose()
    assert proposal is not None
    study.complete(proposal, {"score": score(proposal.values), "loss": 1.0, "epochs": 3, "seconds": 0.1})
    return proposal


def test_the_first_trial_is_the_recipe_as_it_stands(tmp_path: Path) -> None:
    first = do(open_study(tmp_path), lambda _: 0.5)
    assert (first.number, first.own) == (0, True)
    assert first.values == {RATE.key: 1e-3, SIZE.key: 16}


def test_a_recipe_outside_of_the_ranges_is_still_the_first(tmp_path: Path) -> None:
    outside = Dimension(key="training.dropout", kind="number", low=0.1, high=0.5, own=None)
    study = open_study(
        tmp_path, (outside, Dimension(key="training.epochs", kind="whole", low=4, high=9, step=1, own=3))
    )
    assert do(study, lambda _: 0.5).values == {"training.dropout": None, "training.epochs": 3}
    second = do(study, lambda _: 0.4)
    assert 0.1 <= second.values["training.dropout"] <= 0.5
    assert 4 <= second.values["training.epochs"] <= 9


def test_the_same_seed_proposes_the_same_and_a_continued_study_something_new(tmp_path: Path) -> None:
    proposed = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        study = open_study(tmp_path / name)
        proposed.append([do(study, lambda values: values[RATE.key]).values for _ in range(6)])
    assert proposed[0] == proposed[1]
    again = open_study(tmp_path / "one")
    assert again.count() == 6
    assert do(again, lambda _: 0.1).values not in proposed[0]


def test_it_finds_what_is_better(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    for _ in range(30):
        do(study, lambda values: -abs(values[RATE.key] - 0.03) - values[SIZE.key] / 1000)
    late = [row["values"] for row in study.rows()[-10:]]
    assert sum(0.01 < values[RATE.key] < 0.09 for values in late) >= 7
    importance = study.importance()
    assert set(importance) == {RATE.key, SIZE.key}
    assert importance[RATE.key] > importance[SIZE.key]
    assert sum(importance.values()) == pytest.approx(1)


def test_lower_may_be_better(tmp_path: Path) -> None:
    study = open_study(tmp_path, higher_is_better=False)
    for _ in range(25):
        do(study, lambda values: abs(values[RATE.key] - 0.03))
    rows = study.rows()
    assert min(row["score"] for row in rows[-8:]) < rows[0]["score"]
    assert all(row["score"] >= 0 for row in rows), "scores are told as they are"


def test_few_combinations_are_each_tried_once(tmp_path: Path) -> None:
    study = open_study(tmp_path, (SIZE, EPOCHS), trials=9)
    tried = []
    while (proposal := study.propose()) is not None:
        tried.append(tuple(proposal.values.values()))
        study.complete(proposal, {"score": 0.5, "loss": 1.0})
    assert tried[0] == (16, 3)
    assert sorted(tried) == [(size, epochs) for size in (8, 16, 32) for epochs in (2, 3, 4)]
    assert study.count() == 9
    assert len(study.rows()) == 9


def test_nothing_is_proposed_twice(tmp_path: Path) -> None:
    study = open_study(tmp_path, (SIZE, EPOCHS), trials=8)  # too few to try all nine in turn
    tried = [tuple(do(study, lambda values: values[SIZE.key] / 100).values.values()) for _ in range(8)]
    assert len(set(tried)) == 8


def test_what_is_being_tried_is_not_proposed_to_another(tmp_path: Path) -> None:
    study = open_study(tmp_path, (SIZE,), trials=2)
    proposals = [study.propose() for _ in range(3)]
    assert len({str(proposal.values) for proposal in proposals if proposal}) == 3


def test_a_trial_that_was_lost_is_done_again_with_the_same_values(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    do(study, lambda _: 0.5)
    lost = study.propose()
    assert lost is not None
    again = open_study(tmp_path)  # as a new process would
    assert again.count() == 1
    repeated = do(again, lambda _: 0.6)
    assert repeated.values == lost.values
    assert repeated.number > lost.number
    assert [row["state"] for row in again.rows()] == ["complete", "interrupted", "complete"]


def test_a_trial_that_is_lost_again_and_again_is_left_alone(tmp_path: Path) -> None:
    do(open_study(tmp_path), lambda _: 0.5)
    lost = [open_study(tmp_path).propose() for _ in range(4)]
    values = [proposal.values for proposal in lost if proposal]
    assert values[0] == values[1] == values[2]
    assert values[3] != values[0]


def test_the_recipe_as_it_stands_is_tried_until_it_ends(tmp_path: Path) -> None:
    for _ in range(5):
        proposal = open_study(tmp_path).propose()
        assert proposal is not None
        assert proposal.own
    study = open_study(tmp_path)
    proposal = study.propose()
    assert proposal is not None
    study.fail(proposal, "no memory")
    retried = open_study(tmp_path).propose()
    assert retried is not None
    assert retried.own, "it failed, and the user has given the command again"


def test_weak_trials_are_stopped_and_the_recipe_never(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    for number in range(5):
        proposal = study.propose()
        assert proposal is not None
        for epoch in (1, 2, 3):
            assert study.report(proposal, epoch, 0.1 if number == 0 else 0.5 + epoch / 10)
        study.complete(proposal, {"score": 0.8, "loss": 1.0})
    weak = study.propose()
    assert weak is not None
    assert study.report(weak, 1, 0.1), "after one epoch it is too early"
    assert not study.report(weak, 2, 0.2)
    study.prune(weak, {"score": 0.2, "loss": 2.0, "epochs": 2, "seconds": 0.1})
    row = study.rows()[-1]
    assert (row["state"], row["score"], row["scores"]) == ("pruned", 0.2, {"1": 0.1, "2": 0.2})
    assert study.count() == 6


def test_without_pruning_every_trial_goes_on(tmp_path: Path) -> None:
    study = open_study(tmp_path, prune_from=0)
    for score in (0.9, 0.9, 0.9, 0.9, 0.9, 0.1):
        proposal = study.propose()
        assert proposal is not None
        assert all(study.report(proposal, epoch, score) for epoch in (1, 2, 3))
        study.complete(proposal, {"score": score, "loss": 1.0})


def test_what_cannot_be_done_counts_and_says_why(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    do(study, lambda _: 0.5)
    proposal = study.propose()
    assert proposal is not None
    study.fail(proposal, "too many tokens")
    assert study.count() == 2
    assert (study.rows()[1]["state"], study.rows()[1]["why"]) == ("failed", "too many tokens")
    assert study.importance() == {}


def test_seconds_are_kept(tmp_path: Path) -> None:
    open_study(tmp_path).note_seconds(12.5)
    assert open_study(tmp_path).seconds() == 12.5


def test_lists_come_back_as_lists(tmp_path: Path) -> None:
    targets = Dimension(key="method.targets", kind="choice", values=("all-linear", ["query"]), own="all-linear")
    study = open_study(tmp_path, (targets,), trials=2)
    tried = [do(study, lambda _: 0.5).values["method.targets"] for _ in range(2)]
    assert tried == ["all-linear", ["query"]]
    assert [row["values"]["method.targets"] for row in open_study(tmp_path, (targets,)).rows()] == tried


@pytest.mark.parametrize("name", ["with blanks", "100%25", "{odd}?#&"])
def test_the_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    do(open_study(folder), lambda _: 0.5)
    assert [path.name for path in folder.iterdir()] == [STUDY_FILE]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / STUDY_FILE).write_bytes(b"this is no database " * 100)
    with pytest.raises(UserError, match="the study cannot be read or written") as raised:
        open_study(tmp_path)
    assert STUDY_FILE in raised.value.where
    assert "delete" in raised.value.fix
