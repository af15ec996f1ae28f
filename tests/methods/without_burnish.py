"""The program of a process that runs Python lines where burnish cannot be imported."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """Run the lines that the command line gives."""
    modules: dict[str, Any] = sys.modules
    for name in [name for name in modules if name.partition(".")[0] == "burnish"]:
        del modules[name]
    modules["burnish"] = None
    exec(sys.argv[1], {"__name__": "__main__"})
