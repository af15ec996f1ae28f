"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import burnish
from burnish.faces.server.served import Served, open_served
from burnish.faces.server.settings import ServerSettings
from tests.faces.server.serving import Running, running


@pytest.fixture(scope="session")
def served(finished: burnish.Run) -> Served:
    """A finished run's specialist, as it is served."""
    return open_served(finished.folder)


@pytest.fixture(scope="module")
def server(served: Served) -> Iterator[Running]:
    """A server without keys."""
    settings = ServerSettings(most_bytes=20_000, most_rows=8, most_characters=2_000)
    with running(served, settings) as found:
        yield found
