"""Bytes to text, a block at a time, with the line of whatever is no text."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from burnish.errors import UserError

_BLOCK = 2**20
LONGEST_LINE = 64 * 2**20
_BYTE_ORDER_MARKS = {  # the longer first: UTF-32's begins with UTF-16's
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which cannot be written as UTF-8


class TextReader:
    """The text of a file.

    Attributes:
        where: What messages call the file.
        encoding: The one that it is read with.
    """

    def __init__(self, file: BinaryIO, where: str, encoding: str) -> None:
        """Begin to read.

        Args:
            file: Its bytes.
            where: What messages call it.
            encoding: A Python codec name; "" takes the byte order mark's or UTF-8.

        Raises:
            UserError: There is no such encoding.
        """
        self.where = where
        self._file = file
        self._head = file.read(_BLOCK)
        self._given = bool(encoding)
        marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if self._head.startswith(mark))
        self.encoding = encoding or next(marks, "utf-8")
        try:
            with contextlib.suppress(UnicodeDecodeError):
                b"text".decode(self.encoding)  # refuses codecs that are not for text
            self._decoder: Any = codecs.getincrementaldecoder(self.encoding)()
        except LookupError:
            raise UserError(
                f"{encoding!r} is not a known encoding",
                where="data.encoding",
                fix="Common ones: utf-8, cp1252, latin-1.",
            ) from None
        except ValueError as error:
            raise self._unreadable(error) from None

    def text(self) -> str:
        """All of it."""
        return "".join(self.blocks())

    def lines(self) -> Iterator[str]:
        r"""Its lines with their ends, which are \n, \r\n or \r and nothing else.

        Raises:
            UserError: Also where a line is longer than lines of data are.
        """
        rest = ""
        number = 0
        for block in self.blocks():
            lines = io.StringIO(rest + block, newline="").readlines()
            # A line that ends in \r may go on with \n in the next block.
            rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
            number += len(lines)
            if len(rest) > LONGEST_LINE:
                raise UserError(
                    f"line {number + 1} has more than {LONGEST_LINE // 2**20} million characters",
                    where=f"{self.where}:{number + 1}",
                    fix="Check whether this is a file of rows; leave out cells that hold whole files.",
                )
            yield from lines
        yield from io.StringIO(rest, newline="").readlines()

    def blocks(self) -> Iterator[str]:
        """The text, about a megabyte at a time."""
        line, block, at_begin = 1, self._head, True
        self._head = b""
        while True:
            if not self._given and self.encoding.startswith("utf-8") and (at := block.find(b"\0")) >= 0:
                raise self._no_text("a NUL byte", line + block.count(b"\n", 0, at))
            text = self._decoded(block, line)
            if at_begin and text:
                text, at_begin = text.removeprefix("\ufeff"), False
            if found := NO_TEXT.search(text):
                name = "a NUL character" if found[0] == "\0" else "half of a character (a lone surrogate)"
                raise self._no_text(name, line + text.count("\n", 0, found.start()))
            line += text.count("\n")
            yield text
            if not block:
                return
            block = self._file.read(_BLOCK)

    def _decoded(self, block: bytes, line: int) -> str:
        state = self._decoder.getstate()
        try:
            return str(self._decoder.decode(block, not block))
        except UnicodeDecodeError as error:
            raise self._undecodable(error, state, line) from None
        except ValueError as error:  # the odder codecs' own errors
            raise self._unreadable(error) from None

    def _undecodable(self, error: UnicodeDecodeError, state: tuple[bytes, int], line: int) -> UserError:
        data, start = error.object, error.start
        try:
            self._decoder.setstate((b"", state[1]))
            line += self._decoder.decode(data[:start]).count("\n")
        except (ValueError, TypeError):
            line += data.count(b"\n", 0, start)
        other = "latin-1" if self.encoding == "cp1252" else "cp1252"
        around = data[max(0, start - 20) : start + 20].decode(other, errors="replace")
        return UserError(
            f"the file is not {self.encoding}: byte 0x{data[start]:02X} on line {line}",
            where=f"{self.where}:{line}",
            fix=f"Save it as UTF-8, or set `encoding: {other}` under `data:` (--encoding {other}); "
            f"read so, the place says: {' '.join(around.split())!r}.",
        )

    def _unreadable(self, error: Exception) -> UserError:
        return UserError(
            f"the file cannot be read as {self.encoding!r}: {error}", where=self.where, fix="Save it as UTF-8."
        )

    def _no_text(self, found: str, line: int) -> UserError:
        return UserError(
            f"the file is not plain text: line {line} holds {found}",
            where=f"{self.where}:{line}",
            fix="Save it as UTF-8 text; if it is UTF-16 without a mark, set `encoding: utf-16` under `data:` "
            "(--encoding utf-16).",
        )
