"""The Hugging Face Hub, played by a server on the loopback address; its client reads its settings when imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.models.hub_server import HubServer

REPOSITORIES = {
    "me/tiny": {
        "config.json": b"{}",
        "model.safetensors": b"weights",
        "pytorch_model.bin": b"the same as a pickle",
        "tokenizer.json": b"{}",
        "1_Pooling/config.json": b"{}",
        "onnx/model.onnx": b"not wanted",
    },
    "me/old": {"config.json": b"{}", "pytorch_model.bin": b"weights", "tf_model.h5": b"not wanted"},
}
PROGRAM = """
import json, sys
from burnish.errors import UserError
from burnish.events import finish
from burnish.models.hub import fetch_from_hub
from burnish.models.sources import resolve_model
repository, files = sys.argv[1], json.loads(sys.argv[2])
try:
    folder = finish(fetch_from_hub(repository, "main", files))
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    answer = {"files": found, "origin": "" if files else finish(resolve_model(repository)).origin}
except UserError as error:
    answer = {"error": error.as_dict()}
print(json.dumps(answer))
"""


@pytest.fixture
def hub() -> Iterator[HubServer]:
    server = HubServer(REPOSITORIES)
    try:
        yield server
    finally:
        server.close()


def environment(hub: HubServer, home: Path, **more: str) -> dict[str, str]:
    """That of a process whose Hub is the server."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept |= {"HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    return kept | more


def fetch(hub: HubServer, home: Path, repository: str, files: Mapping[str, str] | None = None, **more: str) -> Any:
    """What a fresh process fetches from the server: files by path, or the error."""
    command = [sys.executable, "-c", PROGRAM, repository, json.dumps(files or {})]
    variables = environment(hub, home, **more)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_safetensors_are_taken_and_kept_for_when_the_hub_is_away(hub: HubServer, tmp_path: Path) -> None:
    found = fetch(hub, tmp_path, "me/tiny")
    assert set(found["files"]) == {"config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"}
    assert found["origin"] == "Hugging Face Hub, me/tiny"
    hub.requests.clear()
    assert fetch(hub, tmp_path, "me/tiny") == found
    assert not any("resolve" in path for path in hub.requests)
    assert fetch(hub, tmp_path, "me/tiny", HF_HUB_OFFLINE="1") == found
    hub.close()
    assert fetch(hub, tmp_path, "me/tiny") == found


def test_old_weights_where_there_are_no_others(hub: HubServer, tmp_path: Path) -> None:
    assert set(fetch(hub, tmp_path, "me/old")["files"]) == {"config.json", "pytorch_model.bin"}


def test_pinned_files_only(hub: HubServer, tmp_path: Path) -> None:
    found = fetch(hub, tmp_path, "me/tiny", {"config.json": "0" * 64, "1_Pooling/config.json": "0" * 64})
    assert set(found["files"]) == {"config.json", "1_Pooling/config.json"}


def test_a_killed_download_goes_on_where_it_stopped(hub: HubServer, tmp_path: Path) -> None:
    weights = "w" * 1_000_000
    hub.repositories = {"me/large": {"config.json": b"{}", "model.safetensors": weights.encode()}}
    hub.stall_after = 600_000
    command = [sys.executable, "-c", PROGRAM, "me/large", "{}"]
    with subprocess.Popen(command, env=environment(hub, tmp_path), stdout=subprocess.DEVNULL) as process:
        while not any(path.stat().st_size for path in tmp_path.rglob("*.part")):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    hub.stall_after = None
    hub.released.set()
    hub.starts.clear()
    assert fetch(hub, tmp_path, "me/large")["files"]["model.safetensors"] == weights
    assert max(hub.starts) >= 1 << 18


def test_weights_that_are_not_what_the_hub_states(hub: HubServer, tmp_path: Path) -> None:
    fetch(hub, tmp_path, "me/tiny")
    kept = next(path for path in tmp_path.rglob("model.safetensors"))
    kept.resolve().write_text("WEIGHTS")
    error = fetch(hub, tmp_path, "me/tiny")["error"]
    assert error["what"] == "model.safetensors does not have the sha256 that the Hub states; it was removed"
    assert error["fix"]
    assert fetch(hub, tmp_path, "me/tiny")["files"]["model.safetensors"] == "weights"


def test_weights_that_arrive_changed(hub: HubServer, tmp_path: Path) -> None:
    hub.stated["model.safetensors"] = "0" * 64
    what = fetch(hub, tmp_path, "me/tiny")["error"]["what"]
    assert what.startswith("model.safetensors arrived damaged or changed: its sha256 is ")


def test_a_repository_that_does_not_exist(hub: HubServer, tmp_path: Path) -> None:
    error = fetch(hub, tmp_path, "me/none")["error"]
    assert error["what"] == "there is no such public repository"
    assert error["where"] == "Hugging Face Hub, me/none"


def test_a_hub_that_cannot_be_reached(hub: HubServer, tmp_path: Path) -> None:
    hub.close()
    error = fetch(hub, tmp_path, "me/tiny")["error"]
    assert error["what"] == "it cannot be reached, and the model is not in its cache"
    offline = fetch(hub, tmp_path, "me/tiny", HF_HUB_OFFLINE="1")["error"]
    assert offline["what"] == "offline mode is on (HF_HUB_OFFLINE), and the model is not in its cache"
