"""Checks of image and audio files, all of them made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from burnish.checks import audio_duplicates, broken_audio, broken_images, image_duplicates, odd_audio, odd_images
from tests.checks.seeing import IMAGES, SOUNDS, row, see

RATE = 8000


def picture(seed: int, side: int = 64) -> Any:
    """A colourful image with large shapes, uint8 (side, side, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3))
    return np.kron(coarse, np.ones((side // 6 + 1, side // 6 + 1, 1)))[:side, :side].astype(np.uint8)


def saved(path: Path, pixels: Any, **options: Any) -> str:
    from PIL import Image

    Image.fromarray(pixels).save(path, **options)
    return str(path)


def seen_images(paths: list[str], test: list[str] | None = None) -> Any:
    rows = [row(number, path, role="image") for number, path in enumerate(paths)]
    tests = [row(100 + number, path, role="image") for number, path in enumerate(test or [])]
    return see(rows, tests, columns=IMAGES)


def test_images_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = saved(tmp_path / "good.png", picture(0))
    whole = Path(saved(tmp_path / "whole.jpg", picture(1, 96))).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image")
    large = saved(tmp_path / "large.png", picture(2, 128))
    monkeypatch.setattr("burnish.data.images.LARGEST", 10_000)
    names = ["good.png", "cut.jpg", "empty.png", "text.png", "large.png", "missing.png"]
    found = broken_images.CHECK.find(seen_images([str(tmp_path / name) for name in names]))[0]
    assert {number: found.shown[number] for number in found.rows} == {
        1: "cut.jpg: the image is cut off",
        2: "empty.png: the file is empty",
        3: "text.png: the file is not an image",
        4: "large.png: the image has 0 million pixels",
        5: "missing.png: the file does not exist",
    }
    assert broken_images.CHECK.find(seen_images([good])) == []
    assert broken_images.CHECK.default == "drop"
    assert Path(large).is_file()


def test_images_that_are_odd(tmp_path: Path) -> None:
    from PIL import Image

    usual = [saved(tmp_path / f"{number}.png", picture(number)) for number in range(6)]
    grey = np.repeat(picture(7)[:, :, :1], 3, axis=2)
    turned = Image.Exif()
    turned[274] = 6
    strange = [
        saved(tmp_path / "tiny.png", picture(8)[:12, :12]),
        saved(tmp_path / "grey.png", grey),
        saved(tmp_path / "turned.jpg", picture(9), exif=turned),
        saved(tmp_path / "blank.png", np.full((64, 64, 3), 200, dtype=np.uint8)),
        saved(tmp_path / "named.jpg", picture(10), format="PNG"),
    ]
    found = odd_images.CHECK.find(seen_images([*usual, *strange]))[0]
    assert found.shown == {
        6: "tiny.png is tiny (12 x 12)",
        7: "grey.png is grey",
        8: "turned.jpg has to be turned to stand upright (EXIF)",
        9: "blank.png has one colour only",
        10: "named.jpg is a PNG file with the ending .jpg",
    }
    all_grey = [saved(tmp_path / f"g{n}.png", np.repeat(picture(n)[:, :, :1], 3, axis=2)) for n in range(4)]
    assert odd_images.CHECK.find(seen_images(all_grey)) == [], "what all are is not odd"


def test_images_that_look_like_another(tmp_path: Path) -> None:
    from PIL import Image

    first = saved(tmp_path / "first.png", picture(0))
    with Image.open(first) as image:
        image.resize((90, 90)).save(tmp_path / "copy.jpg", quality=70)
        image.point(lambda level: min(255, level + 6)).save(tmp_path / "brighter.png")
    others = [saved(tmp_path / f"{number}.png", picture(number)) for number in range(1, 8)]
    copies = [str(tmp_path / "copy.jpg"), str(tmp_path / "brighter.png")]
    found = image_duplicates.CHECK.find(seen_images([first, *others, *copies]))[0]
    assert found.merged == {8: 0, 9: 0}
    assert image_duplicates.CHECK.find(seen_images([first, *others])) == []
    leaked = image_duplicates.CHECK.find(seen_images(others + copies[:1], [first]))[0]
    assert leaked.rows == [7]
    assert "1 of them like a test file" in leaked.text
    assert leaked.merged == {}


def sound(path: Path, samples: Any, rate: int = RATE) -> str:
    import soundfile

    soundfile.write(path, samples, rate)
    return str(path)


def test_audio_that_is_broken_or_odd(tmp_path: Path) -> None:
    time = np.arange(RATE) / RATE
    tones = [sound(tmp_path / f"{tone}.wav", 0.5 * np.sin(tone * time)) for tone in range(1000, 7000, 1000)]
    strange = [
        sound(tmp_path / "silent.wav", np.zeros(RATE)),
        sound(tmp_path / "clipped.wav", np.clip(3 * np.sin(500 * time), -1, 1)),
        sound(tmp_path / "short.wav", 0.5 * np.sin(900 * time)[:100]),
        sound(tmp_path / "fast.wav", 0.5 * np.sin(900 * time), 16000),
    ]
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound")
    broken = [str(tmp_path / "empty.wav"), str(tmp_path / "text.wav")]
    rows = [row(number, path, role="audio") for number, path in enumerate([*tones, *strange, *broken])]
    seen = see(rows, columns=SOUNDS)
    assert broken_audio.CHECK.find(seen)[0].shown == {
        10: "empty.wav: the file is empty",
        11: "text.wav: the file is no audio that can be read",
    }
    assert odd_audio.CHECK.find(seen)[0].shown == {
        6: "silent.wav is silent",
        7: "clipped.wav is clipped",
        8: "short.wav lasts 0.01 s only",
        9: "fast.wav has another rate than most (16000 Hz)",
    }


def test_audio_that_sounds_like_another(tmp_path: Path) -> None:
    time = np.arange(RATE) / RATE
    tones = [np.round(0.5 * np.sin(tone * time) * 2**14) / 2**14 for tone in (1000, 2000, 3000)]
    files = [sound(tmp_path / f"{number}.wav", samples) for number, samples in enumerate(tones)]
    copy = sound(tmp_path / "copy.flac", tones[0])  # other bytes, the same samples
    slower = sound(tmp_path / "slower.wav", tones[1], RATE // 2)
    (tmp_path / "empty.wav").touch()
    paths = [*files, copy, slower, str(tmp_path / "empty.wav")]
    found = audio_duplicates.CHECK.find(
        see([row(number, path, role="audio") for number, path in enumerate(paths)], columns=SOUNDS)
    )[0]
    assert found.merged == {3: 0}
    assert found.shown == {3: "copy.flac ≈ 0.wav"}
    rows = [row(number, path, "x" if number else "y", role="audio") for number, path in enumerate([copy, *files[1:]])]
    leaked = audio_duplicates.CHECK.find(see(rows, [row(9, files[0], role="audio")], columns=SOUNDS))[0]
    assert (leaked.rows, leaked.merged, leaked.severity) == ([0], {}, "warning")
