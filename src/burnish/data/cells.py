"""Columns of many cells: kept by polars, given back as the Python values that went in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

AT_ONCE = 16384  # cells that are made Python values together
_MOST_KNOWN = 4096


class Cells(Sequence[Any]):
    """One column. Takes the memory of its bytes, and compares equal to a list or tuple of the same values."""

    def __init__(self, series: pl.Series, *, as_json: bool = False, places: np.ndarray[Any, Any] | None = None) -> None:
        """Wrap a series.

        Args:
            series: Text, whole numbers, numbers or truth values; null stands for None.
            as_json: Whether the text is JSON: of lists, objects, or values of several types.
            places: Which of its values, uint32 in their order: chosen texts are not copied. None: all as they stand.
        """
        self._series = series
        self.as_json = as_json
        self.places = places
        self._known: dict[str, str] = {}
        self._few: list[Any] | None = None

    @property
    def dtype(self) -> pl.DataType:
        """How polars keeps the values."""
        return self._series.dtype

    def series(self, begin: int = 0, length: int | None = None) -> pl.Series:
        """The values from a place on, as a series."""
        if self.places is None:
            return self._series.slice(begin, length)
        return self._series.gather(self.places[begin : None if length is None else begin + length])

    def whole(self, dtype: pl.DataType) -> tuple[pl.Series, np.ndarray[Any, Any]]:
        """All that is kept, as a type, and which of it are the values, uint32."""
        import numpy as np

        series = self._series if self._series.dtype == dtype else self._series.cast(dtype)
        return series, np.arange(len(series), dtype=np.uint32) if self.places is None else self.places

    def is_empty(self) -> bool:
        """Whether all that is kept is None."""
        return self._series.null_count() == len(self._series)

    def __len__(self) -> int:
        return len(self._series) if self.places is None else len(self.places)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Cells: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            if self.places is None:
                return Cells(self._series[index], as_json=self.as_json)
            return Cells(self._series, as_json=self.as_json, places=self.places[index])
        number = range(len(self))[index]
        if len(self) > AT_ONCE:
            value = self._series[number if self.places is None else int(self.places[number])]
            return json.loads(value) if self.as_json and value is not None else value
        if self._few is None:
            self._few = self.values(0)
        return self._few[number]

    def __iter__(self) -> Iterator[Any]:
        for begin in range(0, len(self), AT_ONCE):
            yield from self.values(begin)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3]))
        return f"Cells([{shown}{', …' if len(self) > 3 else ''}])"

    def values(self, begin: int) -> list[Any]:
        """The values from a place on, `AT_ONCE` of them or as many as there are. Repeated texts are one object."""
        values: list[Any] = self.series(begin, AT_ONCE).to_list()
        if self.as_json:
            return [None if value is None else json.loads(value) for value in values]
        known = self._known
        if len(known) < _MOST_KNOWN and values and isinstance(values[0], str):
            return [known.setdefault(value, value) for value in values]
        return values

    def take(self, places: Sequence[int] | np.ndarray[Any, Any]) -> Cells:
        """The cells at these places, in their order. Numbers are copied, texts are not."""
        import numpy as np
        import polars as pl

        if self._series.dtype != pl.String:
            return Cells(self._series.gather(np.asarray(places, dtype=np.int64)), as_json=self.as_json)
        chosen = np.asarray(places, dtype=np.uint32)
        chosen = chosen if self.places is None else self.places[chosen]
        return Cells(self._series, as_json=self.as_json, places=chosen)

    def drained(self) -> Iterator[Any]:
        """All values in order, each once: what has been given out is forgotten, and then the column is empty.

        For work that makes other columns of this one, so that both need not be in memory as a whole.
        """
        waiting = [self.series()] if self.places is not None else self._series.get_chunks()
        self._series, self.places = self._series.clear(), None
        waiting.reverse()
        while waiting:
            part = Cells(waiting.pop(), as_json=self.as_json)
            yield from part


class CellsBuilder:
    """Gathers values into Cells, some thousand at a time; the types of all of them decide how they are kept."""

    def __init__(self) -> None:
        self._parts: list[Cells] = []
        self._waiting: list[Any] = []

    def __len__(self) -> int:
        return len(self._waiting) + sum(map(len, self._parts))

    def append(self, value: Any) -> None:
        """Add one value."""
        self._waiting.append(value)
        if len(self._waiting) >= AT_ONCE:
            self._settle()

    def extend(self, values: Iterable[Any]) -> None:
        """Add values."""
        self._waiting.extend(values)
        if len(self._waiting) >= AT_ONCE:
            self._settle()

    def pad(self, length: int) -> None:
        """Add None until there are this many values."""
        self.extend([None] * (length - len(self)))

    def done(self) -> Cells:
        """All of them."""
        if self._waiting or not self._parts:
            self._settle()
        return joined_cells(self._parts)

    def _settle(self) -> None:
        self._parts.append(kept_cells(self._waiting))
        self._waiting = []


def kept_cells(values: Sequence[Any]) -> Cells:
    """Values as Cells: of one type as they are, else (lists, objects, several types, huge numbers) as JSON."""
    import polars as pl

    types = set(map(type, values)) - {type(None)}
    if types <= {str}:
        return Cells(pl.Series(values, dtype=pl.String))
    kept = {bool: pl.Boolean, int: pl.Int64, float: pl.Float64}.get(next(iter(types)))
    if len(types) == 1 and kept is not None:
        try:
            return Cells(pl.Series(values, dtype=kept))
        except (OverflowError, TypeError):
            pass  # a whole number of more than 64 bits
    return Cells(pl.Series(_as_json(values), dtype=pl.String), as_json=True)


def joined_cells(parts: Sequence[Cells]) -> Cells:
    """Columns one below the other."""
    import numpy as np
    import polars as pl

    if len(parts) < 2:
        return parts[0] if parts else no_cells(0)
    kinds = {(part.dtype, part.as_json) for part in parts if not part.is_empty()}
    if len(kinds) > 1:
        parts = [
            part if part.as_json else Cells(pl.Series(_as_json(part), dtype=pl.String), as_json=True) for part in parts
        ]
        kinds = {(pl.String(), True)}
    dtype, as_json = next(iter(kinds), (pl.String(), False))
    kept = [part.whole(dtype) for part in parts]
    series = pl.concat([values for values, _ in kept], rechunk=False)
    if all(part.places is None for part in parts):
        return Cells(series, as_json=as_json)
    begins = np.cumsum([0, *(len(values) for values, _ in kept)])
    places = np.concatenate([chosen + np.uint32(begin) for begin, (_, chosen) in zip(begins, kept, strict=False)])
    return Cells(series, as_json=as_json, places=places)


def parts_of(cells: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """A column's values some at a time, whether it is Cells or a list."""
    for begin in range(0, len(cells), AT_ONCE):
        yield cells.values(begin) if isinstance(cells, Cells) else cells[begin : begin + AT_ONCE]


def drained(cells: Sequence[Any]) -> Iterator[Any]:
    """A column's values, each once: where it is Cells, what has been given out is forgotten."""
    return cells.drained() if isinstance(cells, Cells) else iter(cells)


def no_cells(length: int) -> Cells:
    """Empty cells."""
    import polars as pl

    return Cells(pl.repeat(None, length, dtype=pl.String, eager=True))


def _as_json(values: Iterable[Any]) -> list[str | None]:
    return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
