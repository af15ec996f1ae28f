"""Files as readers see them: bytes to read, whether they lie on this machine, at an address, or packed."""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from burnish.data.address import resolved, without_secrets
from burnish.errors import UserError, did_you_mean

PACKED = {".gz": "gzip", ".zst": "zstd"}
LEAST_BOUND = 256 * 2**20
_PACKED_BLOCK = 4096  # bytes of zstd, which may stand for a hundred million
MOST_UNPACKED = 100  # times the packed size that a file may have unpacked, beyond LEAST_BOUND bytes


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file to read.

    Attributes:
        where: What messages call it.
        ending: Of its name, in lower case, without that of a packer: ".csv".
        packer: gzip, zstd, or "".
        open_packed: Opens the file's bytes as they are; raises UserError where that cannot be.
    """

    where: str
    ending: str
    packer: str
    open_packed: Callable[[], BinaryIO]

    @contextlib.contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file's bytes, unpacked.

        Raises:
            UserError: While reading too: the packed file is damaged, or unpacks to far more than files of data do.
        """
        with self.open_packed() as file:
            yield io.BufferedReader(_Unpacked(file, self)) if self.packer else file

    @contextlib.contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """The same for readers that look here and there."""
        with self.open() as file:
            if not self.packer:
                yield file
                return
            with cast("BinaryIO", tempfile.TemporaryFile()) as whole:
                shutil.copyfileobj(file, whole)
                whole.seek(0)
                yield whole


def local_file(path: Path) -> SourceFile:
    """A file of this machine."""
    return _named(path.name, str(path), lambda: _open_local(path))


def remote_file(address: str) -> SourceFile:
    """A file at an address that fsspec knows. Every opening fetches it whole, into a file without a name."""
    return _named(address.partition("?")[0], address, lambda: _open_remote(address))


def _named(name: str, where: str, open_packed: Callable[[], BinaryIO]) -> SourceFile:
    path = Path(name)
    packer = PACKED.get(path.suffix.lower(), "")
    ending = Path(path.stem).suffix if packer else path.suffix
    return SourceFile(where=where, ending=ending.lower(), packer=packer, open_packed=open_packed)


def _open_local(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise UserError("the file does not exist", where=str(path), fix=_files_beside(path)) from None
    except PermissionError:
        raise UserError("no permission to read the file", where=str(path), fix="Change its permissions.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UserError(f"the file cannot be read: {error}", where=str(path), fix="Check the path.") from None


def _files_beside(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {str(path.parent)!r}."
    try:
        beside = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    except OSError:
        return "Check the path."
    return did_you_mean(path.name, beside) or "Check the path."


def _open_remote(address: str) -> BinaryIO:
    import fsspec

    whole = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - whoever reads it closes it
    try:
        with fsspec.open(resolved(address), "rb") as file:
            shutil.copyfileobj(file, whole)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - every kind of address has errors of its own
        whole.close()
        told = without_secrets(" ".join(str(error).split()), address) or type(error).__name__
        missing = isinstance(error, FileNotFoundError)
        raise UserError(
            "there is nothing at this address" if missing else f"the address cannot be read: {told[:500]}",
            where=address,
            fix="Check the address; some kinds need a package (s3:// needs s3fs, gs:// needs gcsfs).",
        ) from None
    whole.seek(0)
    return whole


class _Unpacked(io.RawIOBase):
    """What a packed file holds, as far as it is no trap."""

    def __init__(self, file: BinaryIO, source: SourceFile) -> None:
        super().__init__()
        self._packed, self._source = file, source
        self._inner = _unpacker(source)(file)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise self._fault(f"the file is no whole {self._source.packer} file: {error}") from None
        except Exception as error:  # noqa: BLE001 - zstandard's error derives from Exception alone
            raise self._fault(f"the file is no whole {self._source.packer} file: {error}") from None
        buffer[: len(data)] = data
        self._count += len(data)
        if self._count > max(LEAST_BOUND, MOST_UNPACKED * self._packed.tell()):
            raise self._fault(f"the file unpacks to more than {MOST_UNPACKED} times its size")
        return len(data)

    def _fault(self, what: str) -> UserError:
        return UserError(
            what,
            where=self._source.where,
            fix="Unpack it yourself, look at what it holds, and name the unpacked file.",
        )


def _unpacker(source: SourceFile) -> Callable[[BinaryIO], IO[bytes]]:
    if source.packer == "gzip":
        return lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    try:
        import zstandard
    except ImportError:
        raise missing_package("zstandard", ".zst files", source.where) from None

    return lambda file: cast("IO[bytes]", _Zstd(file, zstandard.ZstdDecompressor().decompressobj))


class _Zstd:
    """Frames of zstd one after the other. The library's own reader takes a file that is cut off for one that ends."""

    def __init__(self, file: BinaryIO, begin: Callable[[], Any]) -> None:
        self._file, self._begin = file, begin
        self._frame: Any = begin()
        self._packed = self._unpacked = b""
        self._within = False

    def read(self, size: int) -> bytes:
        while not self._unpacked:
            packed = self._packed or self._file.read(_PACKED_BLOCK)
            if not packed:
                if self._within or not self._file.tell():
                    raise EOFError("it ends within a frame")
                return b""
            if self._frame.eof:
                self._frame = self._begin()
            self._unpacked = self._frame.decompress(packed)
            self._packed = self._frame.unused_data if self._frame.eof else b""
            self._within = not self._frame.eof
        found, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return found


def missing_package(package: str, purpose: str, where: str) -> UserError:
    """What is said where an optional package is not installed."""
    return UserError(
        f"{purpose} need the package {package}, which is not installed",
        where=where,
        fix='Install it: pip install "burnish[data]" (in a clone: pip install -c constraints.txt -e ".[data]").',
    )
