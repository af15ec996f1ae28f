"""Sounds: shapes, types and loudness, and spectrograms with masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.augmenting.settings import AugmentSettings
from burnish.augmenting.sounds import add_noise, change_sound, change_speed, mask_spectrogram, shift


def tone(samples: int = 8000, pitch: float = 440.0, rate: int = 8000) -> np.ndarray:
    return np.sin(2 * np.pi * pitch * np.arange(samples) / rate).astype(np.float32)


@given(samples=st.integers(0, 400), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_type_stays_and_the_same_draw_gives_the_same(samples: int, seed: int) -> None:
    asked = AugmentSettings(noise=0.3, shift=0.5, speed=0.2)
    sound = tone(max(1, samples))
    found = change_sound(sound, asked, np.random.default_rng(seed))
    assert found.dtype == np.float32
    assert found.ndim == 1
    assert np.isfinite(found).all()
    assert np.array_equal(found, change_sound(sound, asked, np.random.default_rng(seed)))
    assert 0.8 <= len(found) / len(sound) <= 1.25 or len(sound) < 8


def test_noise_is_as_loud_as_asked() -> None:
    sound = tone()
    noise = add_noise(sound, 0.25, np.random.default_rng(0)) - sound
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.25 * np.sqrt(np.mean(sound**2)), rel=0.05)
    assert not add_noise(np.zeros(50, np.float32), 0.5, np.random.default_rng(0)).any()


@pytest.mark.parametrize("share", [0.25, -0.25, 0.0, 1.0, -1.0])
def test_a_shift_leaves_silence_behind(share: float) -> None:
    sound = np.arange(1, 101, dtype=np.float32)
    found, by = shift(sound, share), round(share * 100)
    expected = (
        np.concatenate([np.zeros(by), sound[: 100 - by]]) if by >= 0 else np.concatenate([sound[-by:], np.zeros(-by)])
    )
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_speed_changes_length_and_pitch(factor: float) -> None:
    found = change_speed(tone(), factor)
    assert len(found) == round(8000 / factor)
    loudest = np.abs(np.fft.rfft(found)).argmax() * 8000 / len(found)
    assert loudest == pytest.approx(440 * factor, rel=0.01)


@given(bands=st.integers(1, 40), frames=st.integers(1, 60), masks=st.integers(0, 4), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_masks_cover_whole_bands_and_stretches(bands: int, frames: int, masks: int, seed: int) -> None:
    given_ = np.random.default_rng(seed).standard_normal((bands, frames)).astype(np.float32)
    found = mask_spectrogram(given_, masks, np.random.default_rng(seed))
    assert found.shape == given_.shape
    assert found.dtype == np.float32
    changed = found != given_
    full_bands, full_frames = changed.all(axis=1), changed.all(axis=0)
    assert not changed[~full_bands][:, ~full_frames].any(), "something besides whole bands and stretches is masked"
    if not full_bands.all() and not full_frames.all():
        assert full_bands.sum() <= masks * int(0.2 * bands)
        assert full_frames.sum() <= masks * int(0.2 * frames)
    assert np.array_equal(found, mask_spectrogram(given_, masks, np.random.default_rng(seed)))
