"""Real processes for tests: killed, limited and watched like any other, but started with the libraries loaded."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

BURNISH = "burnish.faces.cli:main"
ROOT = Path(__file__).parent.parent


@dataclass(kw_only=True)
class Process:
    """A running process, with the part of `subprocess.Popen` that tests use."""

    pid: int
    stdout: IO[str]
    stderr: IO[str]
    _told: IO[str]
    returncode: int | None = None

    def send_signal(self, number: int) -> None:
        """Signal the process; it must not have been waited for."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; a negative exit code is the signal that ended it."""
        if self.returncode is None:
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """Read the rest of what it says, wait for its end, and return both."""
        with self.stdout, self.stderr, ThreadPoolExecutor(1) as beside:
            output = beside.submit(self.stdout.read)
            errors = self.stderr.read()
        self.wait()
        return output.result(), errors


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Starts processes that a server forks from itself.

    Attributes:
        address: The server's socket.
    """

    address: str
    _open: list[Process] = field(default_factory=list)

    def start(
        self,
        *words: object,
        function: str = BURNISH,
        folder: Path = ROOT,
        variables: Mapping[str, str] | None = None,
        path: Sequence[Path] = (),
        largest_file: int | None = None,
    ) -> Process:
        """Start `burnish WORDS`, or another function of a module in its place.

        Args:
            words: What follows the program's name on the command line.
            function: `module:function`, called without arguments.
            folder: Where it works.
            variables: Of the environment, beside those of this process.
            path: Folders to import from before all others.
            largest_file: The most bytes that a file may have for it.
        """
        request = {
            "words": [str(word) for word in words],
            "function": function,
            "folder": str(folder),
            "environment": {**os.environ, "COLUMNS": "300", **(variables or {})},
            "path": [str(place) for place in path],
            "largest_file": largest_file,
        }
        output, errors = os.pipe(), os.pipe()
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(self.address)
            socket.send_fds(asking, [json.dumps(request).encode()], [output[1], errors[1]])
            told = asking.makefile("r", encoding="utf-8")
        for written in (output[1], errors[1]):
            os.close(written)
        process = Process(
            pid=int(told.readline()),
            stdout=os.fdopen(output[0], encoding="utf-8"),
            stderr=os.fdopen(errors[0], encoding="utf-8"),
            _told=told,
        )
        self._open.append(process)
        return process

    def run(self, *words: object, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
        """`burnish WORDS` to its end."""
        process = self.start(*words, largest_file=largest_file)
        output, errors = process.communicate()
        return subprocess.CompletedProcess(list(map(str, words)), process.wait(), output, errors)

    def end(self) -> None:
        """Kill what a test left running."""
        for process in self._open:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def process_server() -> Iterator[str]:
    """The address of a server that loads the libraries, and lives as long as the context does."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's name must be short
        address = str(Path(folder, "socket"))
        with subprocess.Popen([sys.executable, "-m", "tests.process_server", address], cwd=ROOT) as server:
            try:
                yield address
            finally:
                server.kill()


@contextlib.contextmanager
def processes_of(address: str) -> Iterator[Processes]:
    """Processes that a server forks, once it has loaded its libraries; at the end, those still running are killed."""
    wait_for(address)
    processes = Processes(address=address)
    try:
        yield processes
    finally:
        processes.end()


def wait_for(address: str, seconds: float = 300) -> None:
    """Wait until a server listens.

    Raises:
        TimeoutError: It does not come up.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
            asking.connect(address)
            return
        time.sleep(0.05)
    raise TimeoutError("the process server did not come up")
