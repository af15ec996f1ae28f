"""Pictures of every usual kind are read as RGB; what is none is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from burnish import picture_files
from burnish.picture_files import UnreadablePictureError, picture_trouble, read_picture

RED = np.zeros((6, 4, 3), dtype=np.uint8)
RED[..., 0] = 200
RED[0] = (0, 0, 250)  # the upper row is blue


def saved(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def test_a_turned_photograph_is_turned_back(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    path = saved(tmp_path / "turned.png", Image.fromarray(RED).rotate(90, expand=True), exif=exif)
    assert read_picture(path).size == (4, 6)
    assert np.array_equal(np.asarray(read_picture(path)), RED)


@pytest.mark.parametrize(
    ("picture", "suffix", "colour"),
    [
        (Image.new("L", (4, 4), 90), "png", (90, 90, 90)),
        (Image.new("1", (4, 4), 1), "png", (255, 255, 255)),
        (Image.new("RGBA", (4, 4), (200, 0, 0, 0)), "png", (255, 255, 255)),
        (Image.new("LA", (4, 4), (10, 255)), "png", (10, 10, 10)),
        (Image.fromarray(np.full((4, 4), 40_000, dtype=np.uint16)), "png", (156, 156, 156)),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "jpg", (254, 0, 0)),
        (Image.new("P", (4, 4), 0), "gif", (0, 0, 0)),
        (Image.new("RGB", (4, 4), (1, 2, 3)), "bmp", (1, 2, 3)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else str(value),
)
def test_every_mode_is_read_as_rgb(picture: Image.Image, suffix: str, colour: tuple[int, ...], tmp_path: Path) -> None:
    found = read_picture(saved(tmp_path / f"x.{suffix}", picture))
    assert found.mode == "RGB"
    assert np.abs(np.asarray(found, dtype=int)[0, 0] - colour).max() <= 2


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = saved(tmp_path / "whole.jpg", Image.effect_noise((200, 200), 50).convert("RGB")).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "named.jpg").write_text("not a picture")
    assert picture_trouble(str(tmp_path / "whole.jpg")) == ""
    assert picture_trouble(str(tmp_path / "cut.jpg")).startswith("file is damaged")
    assert picture_trouble(str(tmp_path / "empty.jpg")) == "is an empty file"
    assert picture_trouble(str(tmp_path / "named.jpg")) == "file is no picture that can be read"
    assert picture_trouble(str(tmp_path / "none.jpg")) == "file does not exist"
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 1000)
    (tmp_path / "bomb.jpg").write_bytes(whole)
    assert picture_trouble(str(tmp_path / "bomb.jpg")) == "has 200 x 200 pixels, which is too many"


def test_a_png_with_another_ending_is_a_picture(tmp_path: Path) -> None:
    saved(tmp_path / "x.png", Image.fromarray(RED))
    (tmp_path / "x.png").rename(tmp_path / "x.jpg")
    assert picture_trouble(tmp_path / "x.jpg") == ""


def test_a_file_that_has_changed_is_looked_at_again(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.png", Image.fromarray(RED))
    assert picture_trouble(path) == ""
    path.write_bytes(b"")
    assert picture_trouble(path) == "is an empty file"


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_damage_of_any_kind_is_said_and_never_a_crash(noise: bytes, place: int) -> None:
    import io

    written = io.BytesIO()
    Image.fromarray(RED).save(written, "PNG")
    content = written.getvalue()
    path = Path(picture_files.__file__).parent  # a folder is no picture either
    with pytest.raises(UnreadablePictureError):
        read_picture(path)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "x.png"
        damaged.write_bytes(content[:place] + noise + content[place + len(noise) :])
        told = picture_trouble(damaged)
        if not told:
            assert read_picture(damaged).mode == "RGB"
