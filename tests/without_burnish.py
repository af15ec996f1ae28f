"""Python lines run where burnish cannot be imported: a function for tests, and the program of the process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.processes import Processes


def said_without_burnish(processes: Processes, code: str, folder: Path) -> list[str]:
    """What Python lines print in a process of their own, line by line.

    Args:
        processes: Starts it.
        code: The lines.
        folder: Where it works.
    """
    process = processes.start(code, function="tests.without_burnish:main", folder=folder)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output.splitlines()


def main() -> None:
    """Run the lines that the command line gives."""
    modules: dict[str, Any] = sys.modules
    for name in [name for name in modules if name.partition(".")[0] == "burnish"]:
        del modules[name]
    modules["burnish"] = None
    exec(sys.argv[1], {"__name__": "__main__"})
