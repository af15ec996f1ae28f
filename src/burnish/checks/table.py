"""The table of checks, in the order in which they run: what mends rows comes before what compares them."""

from __future__ import annotations

from burnish.checks import (
    audio_duplicates,
    broken_audio,
    broken_characters,
    broken_images,
    drift,
    feature_duplicates,
    giveaways,
    html_remains,
    image_duplicates,
    imbalance,
    label_errors,
    mixed_languages,
    near_duplicates,
    near_leaked,
    nearly_empty,
    odd_audio,
    odd_images,
    outliers,
    personal_data,
    too_little_data,
    under_represented,
)
from burnish.checks.check import Check

CHECKS: tuple[Check, ...] = (
    broken_images.CHECK,
    odd_images.CHECK,
    broken_audio.CHECK,
    odd_audio.CHECK,
    broken_characters.CHECK,
    html_remains.CHECK,
    personal_data.CHECK,
    nearly_empty.CHECK,
    mixed_languages.CHECK,
    near_leaked.CHECK,
    near_duplicates.CHECK,
    image_duplicates.CHECK,
    audio_duplicates.CHECK,
    feature_duplicates.CHECK,
    giveaways.CHECK,
    imbalance.CHECK,
    too_little_data.CHECK,
    under_represented.CHECK,
    drift.CHECK,
    outliers.CHECK,
    label_errors.CHECK,
)
