"""JSON and JSON Lines."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.table import Table
from burnish.errors import UserError


def read(folder: Path, text: str, name: str = "rows.json") -> Table:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return read_table(path)


def refusal(folder: Path, text: str, name: str = "rows.json") -> UserError:
    with pytest.raises(UserError) as caught:
        read(folder, text, name)
    return caught.value


def test_a_list_of_objects_with_the_lines_they_begin_on(tmp_path: Path) -> None:
    table = read(
        tmp_path, '\n[\n  {"text": "a",\n   "label": 1},\n\n  {"text": "b", "more": null},{"label": true}\n]\n'
    )
    assert table.columns == {"text": ["a", "b", None], "label": [1, None, True], "more": [None, None, None]}
    assert list(table.lines) == [3, 6, 6]
    assert table.format == "JSON"


def test_one_object_a_line(tmp_path: Path) -> None:
    table = read(tmp_path, '{"text": "a"}\r\n\r\n  {"text": "b", "label": 0.5}\n', "rows.jsonl")
    assert table.columns == {"text": ["a", "b"], "label": [None, 0.5]}
    assert list(table.lines) == [1, 3]
    assert table.format == "JSON Lines"


def test_characters_that_split_lines_elsewhere_do_not_split_json(tmp_path: Path) -> None:
    odd = "a\u2028b\u2029c\x85d"
    assert read(tmp_path, json.dumps({"text": odd}, ensure_ascii=False) + "\n", "rows.ndjson").columns["text"] == [odd]


def test_json_lines_by_the_name_of_json(tmp_path: Path) -> None:
    table = read(tmp_path, '{"text": "a"}\n{"text": "b"}\n')
    assert table.columns == {"text": ["a", "b"]}
    assert table.format == "JSON Lines"
    assert refusal(tmp_path, '{"text": "a"}\n{"text": \n').where.endswith(":2")


@pytest.mark.parametrize("text", ['{"text": "a"}', '"text"', "5", "null"])
def test_json_that_is_no_list(text: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text).what == "the file is not a list of objects"


def test_items_that_are_no_objects(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[\n{"text": "a"},\n["b"]\n]')
    assert error.what == "line 3 holds list, not an object"
    assert error.where.endswith("rows.json:3")
    assert refusal(tmp_path, '{"text": "a"}\n5\n', "rows.jsonl").what == "line 2 holds int, not an object"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"text": "a"}', "line 1 column 15"),
        ('[{"text": "a"},]', "line 1 column 16"),
        ('[{"text": "a"}\n {"text": "b"}]', "line 2 column 2"),
        ('[{"text": "a"}] x', "line 1 column 17"),
        ("[{'text': 1}]", "line 1 column 3"),
        ("[", "line 1 column 2"),
        ("nothing", "line 1 column 1"),
    ],
)
def test_broken_json_says_where(text: str, place: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, text)
    assert error.what.startswith("the file is not JSON")
    assert place in error.what


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, '{"text": "a"}\n{"text": "b"\n', "rows.jsonl")
    assert error.what.startswith("line 2 is not JSON")
    assert error.where.endswith("rows.jsonl:2")


@pytest.mark.parametrize("depth", [60, 900, 200_000])
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_deep_nesting_is_refused_before_anything_trips_over_it(depth: int, name: str, tmp_path: Path) -> None:
    row = '{"text": "a", "deep": ' + "[" * depth + "]" * depth + "}"
    assert refusal(tmp_path, f"[{row}]" if name == "rows.json" else row, name).fix


def test_nesting_and_long_lists_that_are_fine(tmp_path: Path) -> None:
    row = {"text": "a", "meta": {"tags": [[n] for n in range(100)]}}
    assert read(tmp_path, json.dumps([row])).columns["meta"] == [row["meta"]]


def test_half_characters_and_huge_numbers_are_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[{"text": "fine"},\n{"text": "cut \\ud83d"}]')
    assert error.what.startswith("line 2 holds a character that is no text")
    assert refusal(tmp_path, '{"te\\ud83dxt": 1}', "rows.jsonl").where.endswith(":1")
    assert read(tmp_path, '[{"text": "whole \\ud83d\\ude00"}]').columns["text"] == ["whole 😀"]
    assert "not JSON" in refusal(tmp_path, '[{"text": ' + "1" * 5000 + "}]").what


def test_nan_is_an_empty_cell(tmp_path: Path) -> None:
    cells = read(tmp_path, '[{"x": NaN}, {"x": Infinity}, {"x": 1e999}]').columns["x"]
    assert math.isnan(cells[0])
    assert [cell_text(cell) for cell in cells] == ["", "inf", "inf"]


@pytest.mark.parametrize(("text", "name"), [("[]", "rows.json"), ("[{}, {}]", "rows.json"), ("{}\n{}", "rows.jsonl")])
def test_no_rows(text: str, name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text, name).what == "the file holds no rows"


VALUE = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(st.characters(codec="utf-8"))
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)
KEY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@given(
    rows=st.lists(st.dictionaries(KEY, VALUE, max_size=3), min_size=1, max_size=5),
    indent=st.sampled_from([None, 2]),
    plain=st.booleans(),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_json_writes_comes_back(
    rows: list[dict[str, Any]], indent: int | None, plain: bool, tmp_path: Path
) -> None:
    names = {name for row in rows for name in row}
    if not names or "\0" in str(rows) or "\\x00" in str(rows) or "\\ud" in str(rows):
        return
    as_list = json.dumps(rows, indent=indent, ensure_ascii=plain)
    as_lines = "\n".join(json.dumps(row, ensure_ascii=plain) for row in rows)
    for table in (read(tmp_path, as_list), read(tmp_path, as_lines, "rows.jsonl")):
        assert set(table.names) == names
        assert [{name: cells[i] for name, cells in table.columns.items()} for i in range(len(table))] == [
            {name: row.get(name) for name in table.names} for row in rows
        ]
