"""Words and word pairs weighted by rarity (TF-IDF), and how the vocabulary is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

_VOCABULARY = "vocabulary.json"
_MOST_TERMS = 200_000
_TERM = r"(?u)\b\w+\b|[!?]"


def new_vectorizer(vocabulary: dict[str, int] | None = None) -> Any:
    """A scikit-learn vectoriser, to be fitted; or of a vocabulary, term -> column."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        vocabulary=vocabulary,
        ngram_range=(1, 2),
        sublinear_tf=True,
        strip_accents="unicode",
        token_pattern=_TERM,
        max_features=None if vocabulary else _MOST_TERMS,
    )


def save_vocabulary(vectorizer: Any, folder: Path) -> np.ndarray:
    """Write a fitted vectoriser's vocabulary as JSON; returns its weights, float64 (terms,), to be kept beside it."""
    vocabulary = {term: int(index) for term, index in vectorizer.vocabulary_.items()}
    (folder / _VOCABULARY).write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    return np.asarray(vectorizer.idf_)


def load_vectorizer(folder: Path, weights: np.ndarray) -> Any:
    """The vectoriser that `save_vocabulary` wrote, with the weights that it returned."""
    vectorizer = new_vectorizer(json.loads((folder / _VOCABULARY).read_text(encoding="utf-8")))
    vectorizer.idf_ = weights
    return vectorizer
