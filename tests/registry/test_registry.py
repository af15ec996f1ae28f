"""The registry: versions, champion, gates, rollback and the account of changes, on MLflow's own SQLite store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import burnish
from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.events import finish
from burnish.registry.address import registry_address
from burnish.registry.promotion import Request, challenge, gates_of, promote, roll_back, withdraw
from burnish.registry.registry import Registry
from burnish.registry.submission import input_keys, submission_of
from burnish.registry.version import CHALLENGER, CHAMPION, Change
from burnish.run_folder import RunFolder
from tests.registry.made import copied_run, new_registry, worse_run

ASKED = Request(name="reviews", who="me@here", why="a try")


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Registry:
    """An empty registry."""
    return new_registry(tmp_path_factory, tmp_path / "registry")


def test_from_a_first_champion_to_a_better_one_and_back(
    registry: Registry, finished: burnish.Run, tmp_path: Path
) -> None:
    first = worse_run(finished, tmp_path / "first")
    outcome = finish(promote(registry, submission_of(first), ASKED))
    assert (outcome.promoted, outcome.version.number, [gate.name for gate in outcome.gates]) == (
        True,
        1,
        ["whole", "verdict"],
    )
    outcome = finish(promote(registry, submission_of(copied_run(finished, tmp_path / "second")), ASKED))
    assert (outcome.promoted, outcome.version.number) == (True, 2)
    champion = outcome.gates[1]
    assert (champion.name, champion.passed) == ("champion", True)
    assert champion.comparison is not None
    assert champion.comparison.p < 0.001
    assert "on 48 test rows: better" in champion.text
    assert registry.at_work("reviews")[CHAMPION].number == 2

    refused = finish(promote(registry, submission_of(first), ASKED))
    assert (refused.promoted, refused.version.number) == (False, 1)
    assert registry.at_work("reviews")[CHAMPION].number == 2
    back = roll_back(registry, ASKED)
    assert (back.version, back.before) == (1, 2)
    assert registry.at_work("reviews")[CHAMPION].number == 1
    with pytest.raises(UserError, match="is the first champion"):
        roll_back(registry, ASKED)
    forced = finish(promote(registry, submission_of(first), ASKED))
    assert (forced.promoted, forced.change) == (True, None)  # it is the champion already

    told = [(change.action, change.version, change.before, change.who) for change in registry.history("reviews")]
    assert told == [
        ("promoted", 1, 0, "me@here"),
        ("promoted", 2, 1, "me@here"),
        ("refused", 1, 2, "me@here"),
        ("rolled-back", 1, 2, "me@here"),
    ]
    assert "not better" in registry.history("reviews")[2].why


def test_what_is_registered_is_logged_and_can_be_served(
    registry: Registry, finished: burnish.Run, tmp_path: Path
) -> None:
    run = copied_run(finished, tmp_path / "run")
    version = registry.register("reviews", submission_of(run))
    assert registry.register("reviews", submission_of(run)) == version
    place = registry.files(version)
    assert burnish.load(place).specialist.predict(["great and lovely"])[0].value == "positive"
    logged = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert {"recipe.yaml", "report/report.html", "train/probes.json", "learned.npy"} <= logged
    assert not {"split/test.parquet", "split/train.parquet", "evaluate/predictions.csv"} & logged
    client = registry._client
    data = client.get_run(version.run_id).data
    assert data.metrics["accuracy"] == finished.scores["metrics"]["accuracy"]["specialist"]["value"]
    assert (data.params["training.epochs"], data.tags["burnish.verdict"]) == ("6", "ship")


def test_an_inconclusive_run_needs_a_reason(registry: Registry, finished: burnish.Run) -> None:
    submission = submission_of(finished.folder)
    refused = finish(promote(registry, submission, ASKED))
    assert (refused.promoted, registry.at_work("reviews")) == (False, {})
    forced = finish(promote(registry, submission, Request(name="reviews", who="me", force="we must begin")))
    assert forced.promoted
    assert forced.change is not None
    assert (forced.change.action, forced.change.why.partition(".")[0]) == ("forced", "we must begin")


def test_rows_that_the_champion_learned_do_not_count(registry: Registry, finished: burnish.Run, tmp_path: Path) -> None:
    folder = RunFolder(root=finished.folder)
    rows = read_rows(folder.file("split", "test.parquet"))
    submission = submission_of(worse_run(finished, tmp_path / "first"))
    version = registry.register("reviews", submission)
    learned = registry.files(version) / "learned.npy"
    np.save(learned, np.concatenate([np.load(learned), input_keys(rows.take(range(40)), submission.specialist)]))
    registry.set_alias(version, CHAMPION)
    second = submission_of(copied_run(finished, tmp_path / "second"))
    assert "on 8 test rows (40 more are left out" in finish(gates_of(registry, second, "reviews"))[1].text
    np.save(learned, input_keys(rows, submission.specialist))
    with pytest.raises(UserError, match="learned from every test row"):
        finish(gates_of(registry, second, "reviews"))


def test_a_challenger_comes_and_goes(registry: Registry, finished: burnish.Run, tmp_path: Path) -> None:
    second = submission_of(copied_run(finished, tmp_path / "second"))
    with pytest.raises(UserError, match="no champion to challenge"):
        challenge(registry, second, ASKED, 0.1)
    finish(promote(registry, submission_of(worse_run(finished, tmp_path / "first")), ASKED))
    assert challenge(registry, second, ASKED, 0.1).number == 2
    at_work = registry.at_work("reviews")
    assert (at_work[CHAMPION].number, at_work[CHALLENGER].number, at_work[CHALLENGER].share) == (1, 2, 0.1)
    withdraw(registry, ASKED)
    assert set(registry.at_work("reviews")) == {CHAMPION}
    challenge(registry, second, ASKED, 0.0)
    assert finish(promote(registry, second, ASKED)).promoted
    assert {alias: version.number for alias, version in registry.at_work("reviews").items()} == {CHAMPION: 2}
    assert [change.action for change in registry.history("reviews")] == [
        "promoted",
        "challenging",
        "withdrawn",
        "challenging",
        "promoted",
    ]


def test_what_cannot_be_is_refused(registry: Registry, finished: burnish.Run) -> None:
    with pytest.raises(UserError, match="no run that has come to its end"):
        submission_of(finished.folder / "evaluate" / "specialist")
    with pytest.raises(UserError, match="cannot be a specialist's name"):
        finish(promote(registry, submission_of(finished.folder), Request(name="a/b", who="me")))
    with pytest.raises(UserError, match="no challenger"):
        withdraw(registry, ASKED)
    with pytest.raises(UserError, match="no champion to roll back"):
        roll_back(registry, ASKED)
    with pytest.raises(UserError, match="a folder or a tracking server"):
        registry_address("postgresql://here/now")
    assert registry_address("http://127.0.0.1:5000/").uri == "http://127.0.0.1:5000"


def test_a_very_long_reason_is_cut_to_what_fits(registry: Registry, finished: burnish.Run) -> None:
    registry.register("reviews", submission_of(finished.folder))
    registry.record("reviews", Change(action="forced", version=1, before=0, who="me", why="why " * 3000))
    assert registry.history("reviews")[0].why.endswith(" …")
