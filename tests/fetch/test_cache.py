"""Where the cache is."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.fetch.cache import cache_folder


def test_the_named_folder_then_the_systems_then_the_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNISH_CACHE", "/named/here")
    assert cache_folder() == Path("/named/here")
    monkeypatch.setenv("BURNISH_CACHE", "~/kept")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/kept")
    monkeypatch.setenv("BURNISH_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/system/cache")
    assert cache_folder() == Path("/system/cache/burnish")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/home/me/.cache/burnish")
