"""burnish: polish a pre-trained model into a specialist, and prove that it is better.

    run = burnish.run("reviews.csv", label="sentiment")
    run.verdict["decision"], run.specialist.predict(["…"])

Heavy libraries are imported when they are used, so that `import burnish` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from burnish.version import __version__

if TYPE_CHECKING:
    from burnish.errors import UserError
    from burnish.faces.python import Run, load, run

__all__ = ["Run", "UserError", "__version__", "load", "run"]


def __getattr__(name: str) -> Any:
    """Import the Python face on first use."""
    if name == "UserError":
        from burnish.errors import UserError

        return UserError
    if name in {"Run", "load", "run"}:
        from burnish.faces import python

        return getattr(python, name)
    raise AttributeError(f"module 'burnish' has no attribute {name!r}")
