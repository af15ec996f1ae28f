"""A real Label Studio takes what is exported, and what it exports comes back.

It needs old versions of many packages, so it lives in an environment of its own:

    python -m venv label-studio && label-studio/bin/pip install label-studio
    BURNISH_LABEL_STUDIO=label-studio pytest tests/labelling/test_label_studio.py
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import burnish
from tests.making import write_csv

PLACE = os.environ.get("BURNISH_LABEL_STUDIO", "")
pytestmark = pytest.mark.skipif(
    not PLACE, reason="BURNISH_LABEL_STUDIO names no virtual environment with Label Studio in it"
)
PATIENCE = 600  # seconds that it may take to make its database


class LabelStudio:
    """What the tests ask of it."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address, token

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call its interface and return what it answers."""
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            content: bytes = answer.read()
        return json.loads(content) if content.lstrip()[:1] in {b"{", b"["} else content.decode("utf-8")

    def is_up(self) -> bool:
        """Whether it answers yet."""
        try:
            self.ask("GET", "/api/version")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True


@contextmanager
def label_studio(folder: Path) -> Iterator[LabelStudio]:
    """Start Label Studio on loopback with an empty database, and stop it again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(20)
    environment = os.environ | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_USERNAME": "ann@example.org",
        "LABEL_STUDIO_PASSWORD": secrets.token_hex(8),
        "LABEL_STUDIO_USER_TOKEN": token,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }
    environment.pop("PYTHONPATH", None)
    command = [str(Path(PLACE).resolve() / "bin" / "label-studio"), "start", "--no-browser", "--port", str(port)]
    log = folder / "log.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--internal-host", "127.0.0.1"], env=environment, stdout=said, stderr=said, cwd=folder
        )
    found = LabelStudio(f"http://127.0.0.1:{port}", token)
    try:
        until = time.monotonic() + PATIENCE
        while not found.is_up():
            assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-3000:]
            assert time.monotonic() < until, "Label Studio did not start"
            time.sleep(2)
        yield found
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_it_accepts_the_export_and_its_own_export_comes_back(finished: burnish.Run, tmp_path: Path) -> None:
    texts = ["great solid box", "awful & <slow> cable", "the week"]
    rows = write_csv(tmp_path / "new.csv", [(text,) for text in texts], ("text",))
    burnish.label_export(rows, tmp_path / "tasks.json", run=finished.folder)
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    config = (tmp_path / "tasks.config.xml").read_text(encoding="utf-8")
    with label_studio(tmp_path) as studio:
        project = studio.ask("POST", "/api/projects", {"title": "reviews", "label_config": config})["id"]
        said = studio.ask("POST", f"/api/projects/{project}/import?return_task_ids=1", tasks)
        assert (said["task_count"], said["prediction_count"]) == (3, 3)
        stored = [studio.ask("GET", f"/api/tasks/{number}") for number in said["task_ids"]]
        assert [task["data"]["text"] for task in stored] == texts
        for number, task in zip(said["task_ids"], stored, strict=True):
            (prediction,) = task["predictions"]
            answer = {"result": prediction["result"], "lead_time": 1.0}
            studio.ask("POST", f"/api/tasks/{number}/annotations/", answer)
        for form in ("JSON", "JSON_MIN", "CSV"):
            exported = studio.ask("GET", f"/api/projects/{project}/export?exportType={form}")
            source = tmp_path / ("export.csv" if form == "CSV" else "export.json")
            source.write_text(exported if form == "CSV" else json.dumps(exported), encoding="utf-8")
            imported = burnish.label_import(source, tmp_path / "labelled.csv")
            assert (imported.written, imported.answers) == (3, 3)
            expected = [prediction.value for prediction in finished.specialist.predict(texts)]
            lines = (tmp_path / "labelled.csv").read_text(encoding="utf-8").splitlines()[1:]
            assert sorted(line.split(",")[-3] for line in lines) == sorted(expected)
