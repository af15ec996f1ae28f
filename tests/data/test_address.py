"""Addresses: their parts, and secrets that stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.data.address import database_parts, refuse_password, resolved, without_secrets
from burnish.errors import UserError
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file


def test_a_query_is_taken_as_it_is_written() -> None:
    address = "postgresql://me@host/base?sslmode=require&query=select a, b from t where c = 'x&y=%' and d like '?'"
    base, query, parameters = database_parts(address)
    assert base == "postgresql://me@host/base"
    assert query == "select a, b from t where c = 'x&y=%' and d like '?'"
    assert parameters == {"sslmode": "require"}
    assert database_parts("sqlite:///a.db?table=my%20table") == ("sqlite:///a.db", "", {"table": "my table"})


def test_variables_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", "a:b@c/d")
    assert resolved("postgresql://me:${WORD}@host/base") == "postgresql://me:a%3Ab%40c%2Fd@host/base"
    assert resolved("https://host/x?key=${WORD}") == "https://host/x?key=a:b@c/d"
    assert without_secrets("no: a:b@c/d, a%3Ab%40c%2Fd", "x://${WORD}@h") == "no: ${WORD}, ${WORD}"


@pytest.mark.parametrize(
    "address",
    ["postgresql://me:geheim@host/b", "https://me:geheim@host/x.csv", "postgresql://host/b?a=1&password=geheim"],
)
def test_a_password_in_an_address_is_refused_and_not_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds a password") as caught:
        refuse_password(address)
    assert "geheim" not in str(caught.value)
    assert "${NAME}" in caught.value.fix
    for key in ("train", "test", "replay"):
        with pytest.raises(UserError, match="holds a password") as caught:
            parse_recipe({"data": {"train": "x.csv", key: address}}, "recipe")
        assert "geheim" not in str(caught.value)
    (tmp_path / "recipe.yaml").write_text(f"data: {{train: '{address}'}}\n")
    values, lines = read_recipe_file(tmp_path / "recipe.yaml")
    with pytest.raises(UserError, match="holds a password") as caught:
        parse_recipe(values, "recipe.yaml", lines)
    assert "geheim" not in str(caught.value)


def test_addresses_without_one_are_fine() -> None:
    for address in (
        "postgresql://me@host/b?query=select 'a:b@c' where x = '?password=y'",
        "postgresql://me:${WORD}@host/b",
        "postgresql://me@host/b?password=${WORD}",
        "s3://bucket/a@b:c",
    ):
        assert parse_recipe({"data": {"train": address}}, "recipe").data.train == address
