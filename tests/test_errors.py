"""What users read when something is wrong."""

from __future__ import annotations

from burnish.errors import UserError, did_you_mean, nearest


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = UserError("the file is empty", where="rows.csv", fix="Give another.")
    assert str(error) == "the file is empty\n  where: rows.csv\n  what to do: Give another."
    assert error.as_dict() == {"what": "the file is empty", "where": "rows.csv", "fix": "Give another."}
    assert error.args == ("the file is empty",)


def test_parts_that_are_not_known_are_left_out() -> None:
    assert str(UserError("no")) == "no"
    assert str(UserError("no", fix="Yes.")) == "no\n  what to do: Yes."


def test_it_can_always_be_printed() -> None:
    error = UserError("bad \ud800", where="caf\udce9.csv", fix="é\udcff")
    assert str(error) == "bad \\ud800\n  where: caf\\udce9.csv\n  what to do: é\\udcff"
    str(error).encode("utf-8")


def test_the_nearest_come_first_and_case_does_not_matter() -> None:
    assert nearest("LABLE", ["text", "labels", "label"]) == ["label", "labels"]
    assert nearest("Sentment", ["SENTIMENT", "text"]) == ["SENTIMENT"]
    assert nearest("xyz", ["label", "text"]) == []
    assert len(nearest("aa", ["aaa", "aab", "aac", "aad"], most=2)) == 2


def test_suggestions() -> None:
    assert did_you_mean("lable", ["label", "text"]) == "Did you mean 'label'?"
    assert did_you_mean("xyz", ["label", "text"]) == "There is: label, text."
    assert did_you_mean("xyz", []) == ""
    many = did_you_mean("xyz", (f"column {number}" for number in range(30)))
    assert many.endswith("column 11, ….")
