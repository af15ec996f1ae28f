"""The request log: predictions go to disk before they are answered, and from there into the database in batches."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from sqlalchemy.exc import DBAPIError

from burnish.errors import UserError
from burnish.monitoring.entry import Entry, Logged, Policy, from_line, mask_inputs, to_line
from burnish.monitoring.spool import Part, Spool
from burnish.monitoring.store import Store

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 15.0
_GATHER_SECONDS = 0.05
_LOG = logging.getLogger("burnish.log")


class RequestLog:
    """Takes entries without making anyone wait for the database, and loses none that it has taken.

    Args:
        folder: Where entries wait. One process at a time.
        store: Where they go.
        policy: What is kept of inputs; for `masked`, `mask` is applied before anything is written.
        mask: Hides personal data in a text.

    Raises:
        UserError: Another process writes there.
    """

    def __init__(self, folder: Path, store: Store, policy: Policy, mask: Callable[[str], str]) -> None:
        self.policy = policy
        self.store = store
        self._mask = mask
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder / ".lock")
        self._spool = Spool(folder / "spool")
        self._arrived = threading.Event()
        self._arrived.set()  # an earlier process may have left something
        self._idle = threading.Event()
        self._stopping = threading.Event()
        self.lost = 0
        self._refused = False  # whether the disk took nothing when it was last tried
        self._counting = threading.Lock()
        self.waiting_since = 0.0  # when the database went away; 0 where it is there
        self._thread = threading.Thread(target=self._drain, name="request-log", daemon=True)
        self._thread.start()

    def add(self, entries: Sequence[Entry]) -> None:
        """Take entries, from any thread. Those that the disk refuses are counted as lost, and nothing is raised."""
        lines = b"".join(to_line(self._as_kept(entry)) for entry in entries)
        try:
            self._spool.add(lines)
        except OSError as error:
            self._lose(len(entries), error)
            return
        if self._refused:
            self._refused = False
            _LOG.error("predictions are logged again; %d were lost", self.lost)
        self._arrived.set()

    def _lose(self, entries: int, error: OSError) -> None:
        with self._counting:
            self.lost += entries
            if not self._refused:
                self._refused = True
                _LOG.error("predictions cannot be logged: %s", error)

    def close(self, seconds: float = 10.0) -> None:
        """Store what waits, for as long as that may take; the rest is stored when the log is next opened."""
        self._stopping.set()
        self._arrived.set()
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._spool.close()
        self.store.close()
        self._lock.close()

    def flush(self, seconds: float = 30.0) -> bool:
        """Wait until all that was taken is stored; False where that took too long."""
        ends = time.monotonic() + seconds
        while self._arrived.is_set() or not self._idle.is_set():
            if time.monotonic() > ends:
                return False
            time.sleep(0.01)
        return True

    def _drain(self) -> None:
        wait = _FIRST_WAIT
        while True:
            self._arrived.wait()
            self._idle.clear()  # before `_arrived` is: `flush` looks at both
            self._arrived.clear()
            if not self._stopping.is_set():
                self._stopping.wait(_GATHER_SECONDS)  # more may come: one transaction for all of it
            while (part := self._spool.next()) is not None:
                if self._stored(part):
                    self._spool.stored(part)
                    wait, self.waiting_since = _FIRST_WAIT, 0.0
                    continue
                self.waiting_since = self.waiting_since or time.time()
                if self._stopping.wait(wait):
                    return
                wait = min(2 * wait, _LONGEST_WAIT)
            self._idle.set()
            if self._stopping.is_set():
                return

    def _stored(self, part: Part) -> bool:
        try:
            self.store.add(_entries(part))
        except DBAPIError as error:
            if not self.waiting_since:
                _LOG.warning("the log's database is away, entries wait on disk: %s", str(error.orig).splitlines()[0])
            return False
        return True

    def _as_kept(self, entry: Entry) -> Entry:
        if self.policy != "masked" or not isinstance(entry, Logged):
            return entry
        return Logged(**{**vars(entry), "inputs": mask_inputs(entry.inputs, self._mask)})


def _entries(part: Part) -> list[Entry]:
    found = []
    for line in part.lines:
        with contextlib.suppress(ValueError):  # a line that a crash cut off was never accepted
            found.append(from_line(line))
    return found


def _locked(path: Path) -> IO[str]:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UserError(
            "another server writes its log here",
            where=str(path.parent),
            fix="Stop it, or name another folder with --logs.",
        ) from None
    return file
