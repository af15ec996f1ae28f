"""Fixtures of this folder."""

from tests.fetch.index import package_index

__all__ = ["package_index"]
