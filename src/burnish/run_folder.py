"""The run folder: where everything a run knows lives, as plain files, written so that a crash leaves no half file."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.errors import UserError

RECORD = "record.json"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_PLACE = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG}
DISK_FAULTS = _NO_ROOM | _NO_PERMISSION  # error numbers that no second try and no other source mends


def expanded(name: str) -> Path:
    """A path with `~` written out; as it stands where there is no such home."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path` in one step, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of a run folder.

    Raises:
        UserError: The file is missing or is not JSON (a damaged run folder).
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.name} is missing", where=str(path), fix="Run the same command again.") from None
    except ValueError as error:
        raise UserError(
            f"{path.name} is damaged: {error}", where=str(path), fix="Delete it and run the same command again."
        ) from None


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file under `folder` by relative path, leaving out the record and all that is hidden."""
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): file_digest(path)
        for name, path in files.items()
        if name.name != RECORD and not any(part.startswith(".") for part in name.parts)
    }


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`; on success it takes the place of `folder`, on failure it is removed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    temporary.chmod(0o755)
    try:
        yield temporary
        if folder.exists():
            shutil.rmtree(folder)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def disk_faults_explained(folder: Path) -> Iterator[None]:
    """Turn what a disk refuses (it is full, or may not be written) into a UserError that names the place."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        number = _error_number(error)
        place = str(getattr(error, "filename", None) or folder)
        if number in _NO_ROOM:
            raise UserError(
                "the disk is full",
                where=place,
                fix="Free some space and run the same command again: finished stages are kept.",
            ) from error
        if number in _NO_PERMISSION:
            raise UserError(
                "no permission to write or read here", where=place, fix="Change the permissions or use --out FOLDER."
            ) from error
        if number in _NO_PLACE:
            raise UserError(
                f"this place cannot be written: {os.strerror(number or 0)}",
                where=place,
                fix="Something else has this name, or the name is too long: choose another with --out or --name.",
            ) from error
        raise


def _error_number(error: Exception) -> int | None:
    """The system's number of an error; libraries written in Rust (safetensors, polars) give it in their text only."""
    if isinstance(error, OSError):
        return error.errno
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else None


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """`runs/NAME/`: one folder per stage, the resolved recipe and the log.

    Attributes:
        root: The folder itself. All paths in its files are relative to it, so it can be moved.
    """

    root: Path

    @property
    def name(self) -> str:
        """The run's name: that of its folder."""
        return self.root.resolve().name

    def stage(self, name: str) -> Path:
        """The folder that the stage `name` writes."""
        return self.root / name

    def file(self, stage: str, name: str) -> Path:
        """A file of a stage."""
        return self.root / stage / name

    def record(self, stage: str) -> dict[str, Any] | None:
        """What the stage recorded when it ended, or None where it has not ended (or the record is unreadable)."""
        path = self.file(stage, RECORD)
        if not path.is_file():
            return None
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            return None
        return record if isinstance(record, dict) else None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go of it when the process ends, however it ends.

        Raises:
            UserError: Another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EACCES}:
                    raise
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise UserError(
                    f"another run is at work in this folder (process {holder})",
                    where=str(self.root),
                    fix="Wait for it to end, or give this run another name with --name.",
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
