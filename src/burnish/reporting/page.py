"""Render."""

from __future__ import annotations

from burnish.run_folder import RunFolder


def render_report(folder: RunFolder) -> str:
    """Stub."""
    return "<html></html>"
