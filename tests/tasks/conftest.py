"""Fixtures of this folder."""

from tests.faces.conftest import burnish_command

__all__ = ["burnish_command"]
