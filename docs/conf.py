"""How the documentation is built."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from burnish.version import __version__

project = "burnish"
author = "the burnish authors"
copyright = "the burnish authors, Apache-2.0"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"burnish {__version__}"
exclude_patterns = ["_build"]
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_typehints_description_target = "documented"
default_role = "code"


def _keep_property_sentences(_app: Any, what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Put what follows a colon in brackets: napoleon would take the words before it for the property's type."""
    if what == "property" and lines and ": " in lines[0]:
        before, _, after = lines[0].partition(": ")
        lines[0] = f"{before} ({after.removesuffix('.')})."


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _keep_property_sentences, priority=400)
