"""The Python client of a server: `burnish.faces.client.Client("http://127.0.0.1:8000")`."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from burnish.contracts import Prediction
from burnish.errors import UserError

_REFUSED_WITHOUT_WORDS = "the server answered with status {status}"


class Client:
    """Asks a server that `burnish serve` started. Not for several threads at once: give each its own.

    Args:
        address: The server's, as `http://127.0.0.1:8000`.
        key: The API key, where the server asks for one.
        seconds: The longest that an answer may take.
        headers: Further headers of every request.
    """

    def __init__(
        self, address: str, *, key: str = "", seconds: float = 60.0, headers: Mapping[str, str] | None = None
    ) -> None:
        parts = urlsplit(address)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise UserError(f"{address!r} is no address", where="address", fix="Write http://127.0.0.1:8000")
        self._address, self._path = address, parts.path.rstrip("/")
        self._connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=seconds)
        self._headers = {"content-type": "application/json", **(headers or {})}
        if key:
            self._headers["authorization"] = f"Bearer {key}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def predict(self, row: Mapping[str, Any]) -> Prediction:
        """The answer to one row by role, as {"text": …}; bytes and paths (of pictures, sounds) are sent as files are.

        Raises:
            UserError: The server refuses the row, or cannot be reached.
        """
        return _prediction(self.ask("POST", "/predict", _as_sent(row)))

    def predict_many(self, rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """The answers to several rows, in order.

        Raises:
            UserError: The server refuses a row, or cannot be reached.
        """
        answered = self.ask("POST", "/predict/batch", {"rows": [_as_sent(row) for row in rows]})
        return [_prediction(each) for each in answered["predictions"]]

    def explain(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one row with what its words are worth, as the server's /explain gives it."""
        return self.ask("POST", "/explain", _as_sent(row))

    def model(self) -> dict[str, Any]:
        """What answers there: name, version, task, labels."""
        return self.ask("GET", "/model")

    def ask(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        """Any request; returns the JSON of the answer.

        Raises:
            UserError: The server refuses it, or cannot be reached.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        status, answer = self._send(verb, self._path + path, content)
        try:
            found: dict[str, Any] = json.loads(answer)
        except ValueError:
            found = {}
        if status != 200:
            fault = found.get("error", {})
            raise UserError(
                fault.get("what") or _REFUSED_WITHOUT_WORDS.format(status=status),
                where=fault.get("where") or f"{verb} {self._address}{path} (status {status})",
                fix=fault.get("fix", ""),
            )
        return found

    def _send(self, verb: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        for is_last in (False, True):
            try:
                self._connection.request(verb, path, content, self._headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A kept connection may have been closed by the server: a new one is worth a try.
                if is_last or not isinstance(
                    error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError
                ):
                    raise UserError(
                        f"the server cannot be reached: {error}",
                        where=self._address,
                        fix="Check the address, and whether `burnish serve` runs there.",
                    ) from None
        raise AssertionError("unreachable")


def _as_sent(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it: files as Base64."""
    return {role: _sendable(value) for role, value in row.items()}


def _sendable(value: Any) -> Any:
    if isinstance(value, Path):
        value = value.read_bytes()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _prediction(answer: Mapping[str, Any]) -> Prediction:
    return Prediction(value=answer["value"], confidence=answer["confidence"], scores=answer["scores"])
