"""The program of a process whose files may not grow: it writes many rows, and says how that ends."""

from __future__ import annotations

import sys
from pathlib import Path

from burnish.data.rows import ROW, packed, write_rows


def main() -> None:
    """Write as many rows as the command line asks for into the folder that it names."""
    rows = packed({ROW: number, "text": f"text {number}"} for number in range(int(sys.argv[2])))
    try:
        write_rows(Path(sys.argv[1], "rows.parquet"), rows)
    except OSError as error:
        print(type(error).__name__, error.errno)
