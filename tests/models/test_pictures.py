"""Resized pictures are made once, in threads, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from burnish.models import pictures
from burnish.models.pictures import PictureReader
from tests.pictures import write_shapes


def files(folder: Path, count: int = 9) -> list[str]:
    return [str(path) for path in sorted(write_shapes(folder, count).rglob("*.png"))]


def test_they_are_whole_and_square(tmp_path: Path) -> None:
    Image.fromarray(np.repeat(np.array([[0, 255]], dtype=np.uint8), 5, axis=0).repeat(10, axis=1)).save(
        tmp_path / "x.png"
    )
    found = PictureReader(side=8).pixels([str(tmp_path / "x.png")])
    assert found.shape == (1, 3, 8, 8)
    assert found.dtype == torch.uint8
    assert found[0, :, :, 0].max() < 20 < 235 < found[0, :, :, -1].min()


def test_a_second_time_no_picture_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = files(tmp_path)
    first = PictureReader(side=16).pixels(sources, keep=True)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture was read")

    monkeypatch.setattr(pictures, "read_picture", refuse)
    reader = PictureReader(side=16)
    assert torch.equal(reader.pixels(sources, keep=True), first), "from the user's cache"
    monkeypatch.setattr(np, "load", refuse)
    assert torch.equal(reader.pixels(sources[::-1], keep=True), first.flip(0)), "from memory"


def test_a_changed_file_and_another_size_are_read_anew(tmp_path: Path) -> None:
    source = files(tmp_path, 1)[0]
    reader = PictureReader(side=16)
    before = reader.pixels([source], keep=True)
    assert PictureReader(side=8).pixels([source]).shape[-1] == 8
    Image.new("RGB", (40, 40), (9, 9, 9)).save(source)
    assert not torch.equal(reader.pixels([source], keep=True), before)


def test_a_damaged_file_in_the_cache_is_made_again(tmp_path: Path, own_cache: Path) -> None:
    sources = files(tmp_path)
    first = PictureReader(side=16).pixels(sources, keep=True)
    for kept in (own_cache / "pictures").rglob("*.npy"):
        kept.write_bytes(b"damaged")
    assert torch.equal(PictureReader(side=16).pixels(sources, keep=True), first)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MOST_IN_MEMORY", 4 * 3 * 16 * 16)
    reader = PictureReader(side=16)
    reader.pixels(files(tmp_path), keep=True)
    assert len(reader._known) == 4


def test_pictures_in_memory_are_taken_too(tmp_path: Path) -> None:
    source = files(tmp_path, 1)[0]
    with Image.open(source) as opened:
        assert torch.equal(PictureReader(side=16).pixels([opened]), PictureReader(side=16).pixels([source]))


def test_what_is_not_to_be_kept_leaves_no_trace(tmp_path: Path, own_cache: Path) -> None:
    """A picture that somebody sent to a server, say."""
    reader = PictureReader(side=16)
    assert torch.equal(reader.pixels(files(tmp_path)), PictureReader(side=16).pixels(files(tmp_path)))
    assert not reader._known
    assert not list(own_cache.rglob("*.npy"))
