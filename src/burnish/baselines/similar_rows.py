"""Which training conversations are most like a question: cosine of their words, weighted by how rare they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from burnish.contracts import Row, Rows
from burnish.conversations.messages import conversation_text
from burnish.run_folder import read_json, write_text

_FILE = "conversations.json"
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class SimilarRows:
    """Training rows, each with its `messages` and `answer`, by what they are like."""

    rows: Rows

    @cached_property
    def _fitted(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        # Parts of words too, so that questions in any language and with other endings find each other
        words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=200_000)
        return words, words.fit_transform([conversation_text(row["messages"]) for row in self.rows])

    def nearest(self, rows: Rows, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The most similar training rows of each row, and how similar they are: (rows, count) each, nearest first."""
        words, known = self._fitted
        count = min(count, len(self.rows))
        places, similarities = [], []
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            texts = [conversation_text(row["messages"]) for row in rows[begin : begin + _ROWS_AT_ONCE]]
            similarity = (words.transform(texts) @ known.T).toarray()
            # Equals in the order of the rows, so that the same is chosen each time
            order = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
            places.append(order)
            similarities.append(np.take_along_axis(similarity, order, axis=1))
        return np.concatenate(places), np.concatenate(similarities)

    def save(self, folder: Path) -> None:
        """Write the conversations as JSON; what is fitted to them is fitted again when they are read."""
        kept = [{"messages": row["messages"], "answer": row["answer"]} for row in self.rows]
        write_text(folder / _FILE, json.dumps(kept, ensure_ascii=False))


def load_similar_rows(folder: Path) -> SimilarRows:
    """What `SimilarRows.save` wrote."""
    rows: Sequence[Row] = read_json(folder / _FILE)
    return SimilarRows(rows)
