from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.monitoring.entry import Feedback
from burnish.monitoring.store import Store, database_address
from tests.monitoring.making import entry


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'log.db'}")
    yield opened
    opened.close()


def test_what_is_stored_comes_back_in_the_order_of_time(store: Store) -> None:
    entries = [entry(number) for number in range(5)]
    store.add([*reversed(entries)])
    assert [answered.entry for answered in store.answered()] == entries
    assert [a.entry.id for a in store.answered(since=1001, until=1003)] == [entries[1].id, entries[2].id]
    assert list(store.answered(version="v2")) == []
    assert next(store.answered()).inputs() == {"text": "text 0"}


def test_twice_stored_is_once_there(store: Store) -> None:
    store.add([entry(1), entry(2)])
    store.add([entry(2, confidence=0.1), entry(3)])
    assert [answered.entry.confidence for answered in store.answered()] == [0.75, 0.75, 0.75]


def test_later_feedback_counts(store: Store) -> None:
    number = entry(1).id
    store.add([entry(1), entry(2), Feedback(id=number, time=5.0, truth='"negative"')])
    store.add([Feedback(id=number, time=6.0, truth='"neutral"')])
    store.add([Feedback(id=number, time=4.0, truth='"positive"')])
    assert [answered.truth for answered in store.answered()] == ["neutral", None]
    assert store.known([number, "nobody"]) == {number}


def test_a_password_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_TESTS", "hidden-word")
    address = database_address("sqlite://user:${SECRET_OF_TESTS}@/x.db", tmp_path / "log.db")
    assert "hidden-word" in address
    with pytest.raises(UserError, match="no SECRET_OF_NOBODY"):
        database_address("sqlite://${SECRET_OF_NOBODY}", tmp_path)
    assert database_address("", Path("/data/log.db")) == "sqlite:////data/log.db"


@pytest.mark.parametrize("address", ["nonsense", "oracle+nothing://x", "://"])
def test_what_is_no_database_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="no database"):
        Store(address)
