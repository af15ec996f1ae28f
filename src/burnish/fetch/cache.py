"""Where fetched and computed files are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from burnish.run_folder import expanded


def cache_folder() -> Path:
    """The user's cache folder: `BURNISH_CACHE`, else `burnish` under `XDG_CACHE_HOME` or `~/.cache`."""
    if named := os.environ.get("BURNISH_CACHE"):
        return expanded(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "burnish"
