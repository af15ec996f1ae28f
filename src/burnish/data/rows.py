"""Rows on disk: Parquet, one column per role, with the row's number."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from burnish.contracts import Row
from burnish.run_folder import atomic_path

ROW = "row"


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows atomically; all rows have the same keys, `row` (int) among them.

    Python writes the file, so that a full disk is an OSError like everywhere else.
    """
    import polars as pl

    content = io.BytesIO()
    pl.DataFrame(list(rows), infer_schema_length=None).write_parquet(content)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read what `write_rows` wrote. The file is opened by Python, so that an audit hook sees who reads the test set."""
    import polars as pl

    with path.open("rb") as file:
        return pl.read_parquet(io.BytesIO(file.read())).to_dicts()
