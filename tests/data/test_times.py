"""Times: every usual way to write them, one form a column, and bad cells by place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.data.times import read_times
from burnish.errors import UserError

FORMS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S+02:00",
    "%Y%m%d",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d %B %Y",
    "%b %d, %Y",
    "%a, %d %b %Y %H:%M:%S +0000",
)
FIRST, LAST = datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2100-01-01")


def read(*cells: str) -> list[float]:
    return list(read_times(cells, lambda positions: [f"rows.csv:{at + 2}" for at in positions], "date").values)


@pytest.mark.parametrize("form", FORMS)
def test_days_in_order_whatever_way_they_are_written(form: str) -> None:
    days = [datetime(2023, 11, 28, tzinfo=UTC) + timedelta(days=7 * n) for n in range(20)]
    found = read(*(day.strftime(form) for day in days))
    assert found == sorted(found)
    assert len(set(found)) == 20


@given(st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_iso_and_numbers_mean_the_same_moments(moments: list[datetime]) -> None:
    seconds = [moment.replace(tzinfo=UTC).timestamp() for moment in moments]
    assert read(*(moment.isoformat() for moment in moments)) == seconds
    assert read(*map(repr, seconds)) == seconds


def test_zones_count() -> None:
    early, late = read("2024-01-01T00:30:00+02:00", "2024-01-01T00:00:00")
    assert late - early == 5400


def test_day_or_month_first_is_found_out_where_it_can_be() -> None:
    assert read("01/02/2024", "13/02/2024") == [1704067200 + 86400 * 31, 1704067200 + 86400 * 43]
    assert read("01/02/2024", "01/13/2024") == [1704067200 + 86400, 1704067200 + 86400 * 12]
    with pytest.raises(UserError, match="day first or with the month first"):
        read("01/02/2024", "03/04/2024")


def test_bad_cells_are_named_by_place() -> None:
    with pytest.raises(UserError, match="2 of 4 rows have no time in the column 'date'") as caught:
        read("2024-01-01", "", "2024-02-30", "2024-03-01")
    assert caught.value.where == "rows.csv:3 (''), rows.csv:4 ('2024-02-30')"
    assert "ISO 8601" in caught.value.what
    with pytest.raises(UserError) as caught:
        read(*["yesterday"] * 9)
    assert caught.value.where.endswith("rows.csv:6 ('yesterday') and 4 more")
    for bad in ("nan", "inf", "1_000"):
        with pytest.raises(UserError, match="1 of 3 rows"):
            read("1", bad, "2")


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_anything_is_read_or_refused(cells: list[str]) -> None:
    try:
        found = read(*cells)
    except UserError:
        return
    assert len(found) == len(cells)
