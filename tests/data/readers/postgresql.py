"""A real PostgreSQL server for tests, on this machine only, that lives as long as a block of code."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "open: se/same@"


def programs() -> Path | None:
    """The folder of the server's programs, as Debian's package and others install them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file()), None)


@contextlib.contextmanager
def running_server(bin_folder: Path) -> Iterator[int]:
    """A server that asks `reader` for a password. Yields its port."""
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to be run by root
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        (folder / "password").write_text(PASSWORD)
        if user:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        base = str(folder / "base")
        begin = [str(bin_folder / "initdb"), "-D", base, "-U", "reader", "--auth=scram-sha-256", "--no-sync"]
        subprocess.run([*begin, f"--pwfile={folder / 'password'}"], user=user, check=True, capture_output=True, cwd="/")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        control = [str(bin_folder / "pg_ctl"), "-D", base, "-w", "-t", "300", "-l", str(folder / "log")]
        subprocess.run([*control, "-o", options, "start"], user=user, check=True, capture_output=True, cwd="/")
        try:
            yield port
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], user=user, check=True, capture_output=True, cwd="/")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
