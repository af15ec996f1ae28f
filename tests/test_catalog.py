"""Tasks and methods of other packages: found by their entry points, and refused where these are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from burnish.catalog import METHODS, TASKS, asked_with, get_method, get_task, methods, tasks
from burnish.errors import UserError

MODULE = """
from dataclasses import replace
from burnish.methods.full import METHOD
from burnish.tasks.text_classification import TASK

TINY = replace(METHOD, name="tiny")
PAIRS = replace(TASK, name="pairs")
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package with entry points where Python finds it, as an installer would leave it."""

    def put(group: str, *entries: str, package: str = "strange") -> None:
        place = tmp_path / package
        facts = place / f"{package}-1.0.dist-info"
        facts.mkdir(parents=True)
        (place / f"{package}.py").write_text(MODULE, encoding="utf-8")
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (facts / "entry_points.txt").write_text("\n".join([f"[{group}]", *entries]) + "\n", encoding="utf-8")
        monkeypatch.syspath_prepend(place)
        forget()

    yield put
    monkeypatch.undo()
    forget()


def forget() -> None:
    """Look for plug-ins anew."""
    tasks.cache_clear()
    methods.cache_clear()


def test_what_another_package_brings_stands_after_our_own(install: Install) -> None:
    install("burnish.methods", "tiny = strange:TINY")
    install("burnish.tasks", "pairs = odd:PAIRS", package="odd")
    assert list(methods()) == [*METHODS, "tiny"]
    assert list(tasks()) == [*TASKS, "pairs"]
    assert get_method("tiny").name == "tiny"


@pytest.mark.parametrize(
    ("group", "entry", "problem"),
    [
        ("burnish.methods", "small = strange:TINY", "has another name than the method that it gives, 'tiny'"),
        ("burnish.methods", "full = strange:METHOD", "has the name of one of burnish's own"),
        ("burnish.tasks", "text-classification = strange:TASK", "has the name of one of burnish's own"),
        ("burnish.tasks", "tiny = strange:TINY", "is a Method, not a Task"),
        ("burnish.methods", "gone = strange:GONE", "cannot be loaded"),
        ("burnish.methods", "gone = nowhere:GONE", "cannot be loaded: No module named 'nowhere'"),
    ],
)
def test_a_wrong_entry_point_is_named_with_its_package(group: str, entry: str, problem: str, install: Install) -> None:
    install(group, entry)
    with pytest.raises(UserError, match=problem) as caught:
        (tasks if group == "burnish.tasks" else methods)()
    assert caught.value.what.startswith(f"the entry point {entry.split(maxsplit=1)[0]!r} of the package strange ")
    assert caught.value.where == f"{group}: {entry}"
    assert caught.value.fix == "Mend the package, or uninstall it."


def test_two_packages_may_not_bring_the_same_name(install: Install) -> None:
    install("burnish.methods", "tiny = strange:TINY")
    install("burnish.methods", "tiny = odd:TINY", package="odd")
    with pytest.raises(UserError, match="is given by more than one package"):
        methods()


def test_what_predict_is_given_goes_by_the_inputs() -> None:
    assert asked_with(get_task("text-classification")) == asked_with(get_task("chat")) == '--text "…"'
    assert asked_with(get_task("image-classification")) == "FOLDER -o answered.csv"
    task = get_task("text-classification")
    another = replace(task.columns[0], role="second")
    assert asked_with(replace(task, columns=(*task.columns, another))) == "new-rows.csv -o answered.csv"
