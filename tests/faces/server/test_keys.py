from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.faces.server.keys import KEYS_VARIABLE, holder, key_hash, key_line, new_key, read_keys


def test_keys_are_long_and_differ() -> None:
    first, second = new_key(), new_key()
    assert first != second
    assert len(first) > 40


def test_only_hashes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, clinic = new_key(), new_key()
    path = tmp_path / "keys.txt"
    path.write_text(f"# who may ask\n\n{key_line('shop', shop)}\n", encoding="utf-8")
    monkeypatch.setenv(KEYS_VARIABLE, key_line("clinic", clinic))
    keys = read_keys(path)
    assert keys == {"shop": key_hash(shop), "clinic": key_hash(clinic)}
    assert (holder(keys, shop), holder(keys, clinic)) == ("shop", "clinic")
    assert holder(keys, "") == holder(keys, key_hash(shop)) == ""
    assert shop not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content", ["shop", "shop:plain-text-key", "a b:" + "0" * 64, "\n".join(["x:" + "0" * 64] * 2)]
)
def test_what_is_no_line_is_named_and_not_shown(content: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        read_keys(path)
    assert str(path) in raised.value.where
    assert "plain-text-key" not in str(raised.value)


def test_a_name_must_fit_a_line() -> None:
    with pytest.raises(UserError, match="cannot name a key"):
        key_line("two words", new_key())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_keys(tmp_path / "none.txt")
