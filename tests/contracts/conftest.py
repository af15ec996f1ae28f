"""The toy of every task, made once."""

from __future__ import annotations

import pytest

from burnish.catalog import tasks
from tests.contracts.samples import Toy, open_toy


@pytest.fixture(params=sorted(tasks()), scope="module")
def toy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A task with toy rows and a toy model."""
    return open_toy(request.param, tmp_path_factory.mktemp(request.param))
