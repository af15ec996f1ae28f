"""The command line for tests of labelling."""

from tests.faces.conftest import burnish_command

__all__ = ["burnish_command"]
