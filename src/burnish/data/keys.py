"""Rows that agree: found by digests of 128 bits in columns, so that millions of rows take little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from burnish.data.rows import PackedRows

if TYPE_CHECKING:
    import numpy as np


def digests_of(texts: Iterable[str]) -> np.ndarray[Any, Any]:
    """A digest of every text in two halves, uint64 (texts, 2); texts are equal where both halves are.

    That two texts have the same digest by chance is out of question: for a billion texts, once in 1e21 cases.
    """
    import numpy as np

    digests = bytearray()
    for text in texts:
        digests += blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.frombuffer(digests, dtype=np.uint64).reshape(-1, 2)


def row_keys(rows: PackedRows, roles: Sequence[str]) -> np.ndarray[Any, Any]:
    """A digest of every row's values in some roles, uint64 (rows, 2); values of different types differ."""
    return digests_of(_key_texts(rows, roles))


def _key_texts(rows: PackedRows, roles: Sequence[str]) -> Iterator[str]:
    for part in rows.parts():
        for values in zip(*(part.columns[role].values(0) for role in roles), strict=True):
            yield "\0".join(["s" + value if isinstance(value, str) else "r" + repr(value) for value in values])


def first_places(keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """For every row the place of the first row that agrees with it: its own where it is the first, int64 (rows,)."""
    import numpy as np

    first = np.arange(len(keys), dtype=np.int64)
    some = _alike(keys[:, 0])  # few of millions, most often: only these are put in order
    order = some[np.lexsort((keys[some, 1], keys[some, 0]))]  # rows that agree stay in their order
    begins = np.ones(len(order), dtype=bool)
    in_order = keys[order]
    begins[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
    first[order] = order[begins][np.cumsum(begins) - 1]
    return first


def _alike(halves: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The places of rows whose half of the key some other row has too, rising, int64."""
    import numpy as np

    in_order = np.sort(halves)
    repeated = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    del in_order
    if not len(repeated):
        return np.zeros(0, dtype=np.int64)
    nearest = np.searchsorted(repeated, halves).clip(max=len(repeated) - 1)
    return np.flatnonzero(repeated[nearest] == halves)


def places_among(keys: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The places of rows that agree with any of other rows, in order, int64."""
    import numpy as np

    first = first_places(np.concatenate([others, keys]))[len(others) :]
    return np.flatnonzero(first < len(others))
