"""Change sounds as arrays of samples: noise, shift, speed; and mask spectrograms (SpecAugment, Park et al. 2019)."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from burnish.augmenting.settings import AugmentSettings

Samples: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
_WIDEST = 0.2  # of a spectrogram, that one mask may cover


def change_sound(samples: Samples, settings: AugmentSettings, generator: np.random.Generator) -> Samples:
    """A sound changed as the settings say: float32 (samples,) -> (other number of samples,) where the speed changes."""
    if settings.speed:
        samples = change_speed(samples, float(generator.uniform(1 - settings.speed, 1 + settings.speed)))
    if settings.shift:
        samples = shift(samples, float(generator.uniform(-settings.shift, settings.shift)))
    if settings.noise:
        samples = add_noise(samples, float(generator.uniform(0, settings.noise)), generator)
    return samples


def add_noise(samples: Samples, share: float, generator: np.random.Generator) -> Samples:
    """White noise added, so loud as `share` of the sound's own loudness (root mean square); silence stays silent."""
    loudness = math.sqrt(float(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    noise = generator.standard_normal(len(samples), dtype=np.float32)
    return (samples + np.float32(share * loudness) * noise).astype(np.float32)


def shift(samples: Samples, share: float) -> Samples:
    """Moved to later (or, below 0, earlier) by a share of its length; what is left free is silent."""
    by = round(share * len(samples))
    moved = np.zeros_like(samples)
    if by >= 0:
        moved[by:] = samples[: len(samples) - by]
    else:
        moved[:by] = samples[-by:]
    return moved


def change_speed(samples: Samples, factor: float) -> Samples:
    """Played so many times as fast, which changes the pitch too: float32 (samples,) -> (samples / factor,)."""
    count = max(1, round(len(samples) / factor))
    places = np.linspace(0, max(0, len(samples) - 1), count)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def mask_spectrogram(spectrogram: Samples, masks: int, generator: np.random.Generator) -> Samples:
    """Bands of frequencies and stretches of time set to the mean.

    Args:
        spectrogram: float32 (bands, frames).
        masks: How many of each; each covers up to a fifth.
        generator: Draws places and widths.
    """
    masked = spectrogram.copy()
    middle = spectrogram.mean() if spectrogram.size else 0
    for axis, size in enumerate(spectrogram.shape):
        for _ in range(masks):
            width = int(generator.integers(0, int(_WIDEST * size) + 1))
            begin = int(generator.integers(0, size - width + 1))
            chosen = [slice(None), slice(None)]
            chosen[axis] = slice(begin, begin + width)
            masked[tuple(chosen)] = middle
    return masked
