"""Near-duplicates: texts that differ by small edits. MinHash proposes pairs, and their true similarity decides.

The similarity of two texts is the Jaccard index of their sets of character 4-grams, read without regard to case and
punctuation. Where two texts of 60 characters differ by one letter, it is about 0.87; the threshold is lower, so that
two edits of a short text still count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
    Hashes: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]
    Keys: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]

THRESHOLD = 0.65
_SHINGLE = 4  # characters
_PERMUTATIONS = 128
_FOUND = 0.98  # share of the pairs just at the threshold that the bands must propose
_SEED = 1
_PRINTED = 32  # places of the signatures that pairs of a bucket are compared by at once
_PRINTED_SHARE = 0.5  # of the threshold that these must agree by
_SKETCH = 24  # smallest hashes that are compared first, which is cheaper
_SKETCH_SHARE = (
    0.5  # of the threshold that they must have in common; a pair at the threshold has more but once in 10,000
)
_NEIGHBOURS = 4  # of a row in a bucket, besides the bucket's first, that it is compared with
_CHARACTERS_AT_ONCE = 500_000
_HASHES_AT_ONCE = 1_000_000
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs of near-duplicates.

    Attributes:
        first: int64 (pairs,), the smaller index of each pair, rising.
        second: int64 (pairs,), the larger one.
        similarity: float64 (pairs,), in [threshold, 1].
    """

    first: Integers
    second: Integers
    similarity: Floats


def near_duplicate_clusters(texts: Sequence[str], *, threshold: float = THRESHOLD) -> list[int]:
    """Find groups of texts that are linked by near-duplicate pairs.

    Args:
        texts: In any number; a million short ones take minutes.
        threshold: The least similarity of a pair, above 0 and at most 1.

    Returns:
        For each text, the smallest index of its cluster; its own where it stands alone.
    """
    clusters: list[int] = clusters_of(near_duplicate_pairs(texts, threshold=threshold), len(texts)).tolist()
    return clusters


def clusters_of(pairs: Pairs, texts: int) -> Integers:
    """For each of so many texts, the smallest index of those that pairs link it to, int64 (texts,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = (np.ones(len(pairs.first), dtype=bool), (pairs.first, pairs.second))
    _, component = connected_components(coo_array(links, shape=(texts, texts)), directed=False)
    smallest = np.full(texts, texts, dtype=np.int64)
    np.minimum.at(smallest, component, np.arange(texts))
    return smallest[component]


def near_duplicate_pairs(texts: Sequence[str], *, threshold: float = THRESHOLD) -> Pairs:
    """Find pairs of texts that are at least as similar as `threshold`.

    Every text of a cluster is in some pair; not every pair of a large cluster is listed.

    Args:
        texts: In any number.
        threshold: The least similarity of a pair, above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"a similarity is above 0 and at most 1, not {threshold}")
    different: dict[str, int] = {}
    place = np.array([different.setdefault(_plain(text), len(different)) for text in texts], dtype=np.int64)
    _, holder = np.unique(place, return_index=True)  # the first text of each different one
    shingles = _Shingles.of(list(different))
    bands, rows = _bands(threshold)
    first, second = _verified(_proposed(shingles, bands, rows, threshold), shingles, threshold)
    similarity = shingles.similarity(first, second)
    copies = np.flatnonzero(holder[place] != np.arange(len(texts)))
    copy, pair = _pairs_of(place[copies], np.concatenate([first, second]))  # what is near a text is near its copies
    near = np.concatenate([second, first])[pair]
    one = np.concatenate([holder[first], holder[place[copies]], holder[near]])
    other = np.concatenate([holder[second], copies, copies[copy]])
    similarity = np.concatenate([similarity, np.ones(len(copies)), np.tile(similarity, 2)[pair]])
    one, other = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((other, one))
    return Pairs(first=one[order], second=other[order], similarity=similarity[order])


def _pairs_of(wanted: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """For every wanted text, the pairs that it ends: places in `wanted`, and places in `ends`."""
    order = np.argsort(ends, kind="stable")
    low, high = (np.searchsorted(ends[order], wanted, side=side) for side in ("left", "right"))
    counts = high - low
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(wanted)), counts), order[np.repeat(low, counts) + within]


def _plain(text: str) -> str:
    """A text as it is compared: words in lower case, single blanks; what has no words stays as it is."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(_WORDS.findall(folded.lower())) or " ".join(folded.split())


def _bands(threshold: float) -> tuple[int, int]:
    """Bands and rows per band: as few chance meetings as possible while pairs at the threshold are still proposed."""
    for rows in range(16, 1, -1):
        bands = _PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= _FOUND:
            return bands, rows
    return _PERMUTATIONS, 1


@dataclass(frozen=True, kw_only=True)
class _Shingles:
    """Sets of hashed 4-grams: `hashes` uint32, rising within each text; those of text i from starts[i] on."""

    hashes: Keys
    starts: Integers

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Shingles:
        parts = [_hashed(chunk) for chunk in _chunks(texts)]
        sizes = np.concatenate([np.zeros(1, np.int64), *(sizes for _, sizes in parts)])
        hashes = np.concatenate([np.zeros(0, np.uint32), *(hashes for hashes, _ in parts)])
        return cls(hashes=hashes, starts=np.cumsum(sizes))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Integers:
        return np.diff(self.starts)

    def similarity(self, first: Integers, second: Integers) -> Floats:
        """The Jaccard index of every pair, float64 (pairs,)."""
        both = self.sizes[first] + self.sizes[second]
        common = self._common(first, second, self.sizes)
        similarity: Floats = common / np.maximum(both - common, 1)
        return similarity

    def sketched(self, first: Integers, second: Integers) -> Floats:
        """What the smallest hashes of every pair have in common, as a share of those of the shorter text."""
        few = np.minimum(self.sizes, _SKETCH)
        shared: Floats = self._common(first, second, few) / np.maximum(np.minimum(few[first], few[second]), 1)
        return shared

    def _common(self, first: Integers, second: Integers, sizes: Integers) -> Integers:
        """How many of the first hashes of two texts are the same, for every pair; `sizes` of each text count."""
        both = sizes[first] + sizes[second]
        common = np.zeros(len(first), dtype=np.int64)
        for begin, end in _spans(both, _HASHES_AT_ONCE):
            number = np.arange(end - begin, dtype=np.uint64) << np.uint64(32)
            keys = np.concatenate([self._keys(part[begin:end], number, sizes) for part in (first, second)])
            keys.sort()
            twice = keys[1:][keys[1:] == keys[:-1]]
            common[begin:end] = np.bincount((twice >> np.uint64(32)).astype(np.int64), minlength=end - begin)
        return common

    def _keys(self, texts: Integers, number: Hashes, of_all: Integers) -> Hashes:
        """The first hashes of some texts, each under its text's number in the upper half."""
        sizes = of_all[texts]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        keys: Hashes = np.repeat(number, sizes) | self.hashes[np.repeat(self.starts[texts], sizes) + within]
        return keys


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    lengths = np.fromiter((len(text) + _SHINGLE for text in texts), np.int64, len(texts))
    for begin, end in _spans(lengths, _CHARACTERS_AT_ONCE):
        yield texts[begin:end]


def _spans(sizes: Integers, most: int) -> Iterator[tuple[int, int]]:
    """Cut a sequence into spans that hold about `most` units each, and at least one item."""
    ends = np.cumsum(sizes)
    begin, done = 0, 0
    while begin < len(sizes):
        end = max(begin + 1, int(np.searchsorted(ends, done + most, side="right")))
        yield begin, end
        begin, done = end, int(ends[end - 1])


def _hashed(texts: Sequence[str]) -> tuple[Keys, Integers]:
    """Different hashes of 4-grams, uint32, rising within each text, and how many each text has."""
    padded = [f" {text} ".ljust(_SHINGLE) for text in texts]
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    encoded = "".join(padded).encode("utf-32-le", errors="surrogatepass")
    characters = np.frombuffer(encoded, dtype=np.uint32).astype(np.uint64)
    hashes = np.zeros(len(characters) - _SHINGLE + 1, dtype=np.uint64)
    for offset in range(_SHINGLE):
        hashes = (hashes + characters[offset : len(hashes) + offset] + np.uint64(1)) * _FACTOR
        hashes ^= hashes >> np.uint64(29)
    text = np.repeat(np.arange(len(padded)), lengths)
    whole = text[: len(hashes)] == text[_SHINGLE - 1 :]  # no 4-gram reaches into the next text
    keys = np.unique((text[: len(hashes)][whole].astype(np.uint64) << np.uint64(32)) | (hashes[whole] >> np.uint64(32)))
    sizes = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(padded))
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32), sizes


def _proposed(shingles: _Shingles, bands: int, rows: int, threshold: float) -> Integers:
    """Pairs that agree in a band of their signatures, each as first * texts + second, rising."""
    proposed = np.zeros(0, dtype=np.int64)
    all_keys, prints = _band_keys(shingles, bands, rows)
    least = _PRINTED_SHARE * threshold * prints.shape[1]
    for keys in all_keys:
        order = np.argsort(keys, kind="stable")
        bucket = np.cumsum(np.concatenate([[0], np.diff(keys[order]) != 0])) if len(order) else order
        pairs = [_pair(order[:-by], order[by:], bucket[:-by] == bucket[by:], keys) for by in range(1, _NEIGHBOURS + 1)]
        begins = np.flatnonzero(np.concatenate([[True], np.diff(bucket) != 0])) if len(order) else order
        leader = order[begins[bucket]]
        pairs.append(_pair(leader, order, leader != order, keys))
        together = np.concatenate(pairs)
        first, second = np.divmod(together, max(1, len(keys)))
        proposed = np.union1d(proposed, together[(prints[first] == prints[second]).sum(axis=1) >= least])
    return proposed


def _pair(one: Integers, other: Integers, wanted: Any, keys: Hashes) -> Integers:
    one, other = one[wanted], other[wanted]
    pairs: Integers = np.minimum(one, other) * len(keys) + np.maximum(one, other)
    return pairs


def _band_keys(shingles: _Shingles, bands: int, rows: int) -> tuple[Hashes, np.ndarray[Any, np.dtype[np.uint8]]]:
    """One key for every band and text, uint64 (bands, texts), and the first places of signatures, uint8 (texts, n)."""
    from rensa import RMinHash

    keys = np.zeros((bands, len(shingles)), dtype=np.uint64)
    prints = np.zeros((len(shingles), min(_PRINTED, bands * rows)), dtype=np.uint8)
    for begin, end in _spans(shingles.sizes, _HASHES_AT_ONCE // 2):
        start, stop = shingles.starts[begin], shingles.starts[end]
        tokens = shingles.hashes[start:stop].astype(np.uint64) * _FACTOR
        offsets = (shingles.starts[begin : end + 1] - start).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(tokens, offsets, bands * rows, _SEED)
        signatures = np.array(matrix.to_rows(), dtype=np.uint64).reshape(end - begin, bands, rows)
        prints[begin:end] = signatures.reshape(end - begin, -1)[:, : prints.shape[1]] & np.uint64(255)
        for row in range(rows):
            mixed = (keys[:, begin:end] + signatures[:, :, row].T + np.uint64(1)) * _FACTOR
            keys[:, begin:end] = mixed ^ (mixed >> np.uint64(31))
    return keys, prints


def _verified(proposed: Integers, shingles: _Shingles, threshold: float) -> tuple[Integers, Integers]:
    """The pairs whose true similarity is high enough."""
    first, second = np.divmod(proposed, max(1, len(shingles)))
    sizes = shingles.sizes
    smaller, larger = np.minimum(sizes[first], sizes[second]), np.maximum(sizes[first], sizes[second])
    possible = smaller >= threshold * larger  # the index is never above the ratio of the sizes
    first, second = first[possible], second[possible]
    likely = shingles.sketched(first, second) >= _SKETCH_SHARE * threshold
    first, second = first[likely], second[likely]
    similar = shingles.similarity(first, second) >= threshold
    return first[similar], second[similar]
