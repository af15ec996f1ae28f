"""What a dashboard is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.faces.dashboard.place import Place

MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class DashboardSettings:
    """What there is to see, and who may do what.

    Attributes:
        place: Where runs, registry and request logs are.
        keys: Hashes of the keys of those who may change things, by the names of their holders.
        open_to_read: Whether pages are shown to those who have not signed in, too.
        hosts: Names under which browsers may ask for it; empty: any. They keep a page from elsewhere, whose name was
            made to lead here, from reading.
        models: Models that a run may be started with.
        most_bytes: The largest file that may be uploaded.
        jobs_at_once: The most processes that work at the same time.
    """

    place: Place
    keys: Mapping[str, str]
    open_to_read: bool
    hosts: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    most_bytes: int = 100 * MEGABYTE
    jobs_at_once: int = 1
