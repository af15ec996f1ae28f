"""How often texts stand in a column of millions, without keeping the texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from burnish.data.keys import digests_of

if TYPE_CHECKING:
    import numpy as np

_MANY = 200_000  # texts that are kept as they are; beyond, there are digests


class CountedTexts:
    """Counts of texts, and where each stands first."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._settled: list[tuple[np.ndarray[Any, Any], ...]] = []  # digests, counts, first places
        self._added = 0

    def add(self, texts: Sequence[str]) -> Counter[str]:
        """Count the texts that follow in the column; those that are empty only move the places of others.

        Returns:
            The counts of these texts alone.
        """
        counts = Counter(text for text in texts if text)
        places = range(self._added + len(texts) - 1, self._added - 1, -1)
        for text, place in dict(zip(reversed(texts), places, strict=True)).items():
            self._first.setdefault(text, place)
        self._counts.update(counts)
        self._added += len(texts)
        if len(self._counts) > _MANY:
            self._settle()
        return counts

    def commonest(self, most: int) -> tuple[int, list[tuple[int, int]]]:
        """How many different texts there are, and the place and count of the most frequent, of equals the first."""
        import numpy as np

        if not self._settled:
            found = self._counts.most_common(most)
            return len(self._counts), [(self._first[text], count) for text, count in found]
        self._settle()
        digests, counts, firsts = (np.concatenate(arrays) for arrays in zip(*self._settled, strict=True))
        order = np.argsort(digests, kind="stable")
        begins = np.flatnonzero(np.diff(digests[order], prepend=~digests[order[:1]]))
        together = np.add.reduceat(counts[order], begins)
        first = np.minimum.reduceat(firsts[order], begins)
        best = np.lexsort((first, -together))[:most]
        return len(begins), list(zip(first[best].tolist(), together[best].tolist(), strict=True))

    def _settle(self) -> None:
        """Keep a digest of 64 bits of every text: for ten million texts, two agree by chance once in 300,000 cases."""
        import numpy as np

        if self._counts:
            firsts = np.array([self._first[text] for text in self._counts], dtype=np.int64)
            counts = np.array(list(self._counts.values()), dtype=np.int64)
            self._settled.append((digests_of(self._counts)[:, 0].copy(), counts, firsts))
        self._counts.clear()
        self._first.clear()
