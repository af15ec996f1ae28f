"""What `burnish package` writes: parsed and checked by the tools of those who will run it, and started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path

import dockerfile_parse
import kubernetes_validate
import pytest
import yaml

import burnish
from tests.faces.commands import Terminal
from tests.processes import Processes


@pytest.fixture(scope="module")
def package(finished: burnish.Run, tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Path:
    """The package of a finished run."""
    out = tmp_path_factory.mktemp("package") / "deploy"
    done = processes.run("package", finished.folder, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["name"] == "burnish-reviews"
    assert set(told["files"]) <= {path.relative_to(out).as_posix() for path in out.rglob("*")}
    return out


def test_the_container_runs_as_nobody_and_checks_its_health(package: Path) -> None:
    parsed = dockerfile_parse.DockerfileParser(path=str(package / "Dockerfile"))
    steps = [(step["instruction"], step["value"]) for step in parsed.structure]
    assert parsed.baseimage == f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
    assert ("USER", "10001") in steps
    names = [name for name, _ in steps]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "/ready" in dict(steps)["HEALTHCHECK"]
    for name, value in steps:
        if name == "COPY":
            assert (package / value.split()[0]).exists(), value
    assert json.loads(dict(steps)["ENTRYPOINT"])[:5] == ["python", "-m", "burnish", "serve", "/app/specialist"]


def test_versions_are_those_installed_here(package: Path) -> None:
    lines = (package / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines)
    for name in ("torch", "transformers", "onnxruntime", "fastapi", "uvicorn", "prometheus-client", "sqlalchemy"):
        assert pinned[name] == version(name).partition("+")[0]
    assert "burnish" not in pinned
    assert not {"pytest", "mypy", "sphinx", "setfit"} & set(pinned)


def test_kubernetes_takes_the_manifests(package: Path) -> None:
    documents = list(yaml.safe_load_all((package / "kubernetes.yaml").read_text(encoding="utf-8")))
    assert [document["kind"] for document in documents] == ["Service", "PersistentVolumeClaim", "Deployment"]
    for document in documents:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    container = documents[2]["spec"]["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["securityContext"]["readOnlyRootFilesystem"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units(package: Path) -> None:
    units = sorted(map(str, (package / "systemd").iterdir()))
    assert len(units) == 3
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    own = [line for line in checked.stderr.splitlines() if "burnish-" in line]
    assert own == []


def test_it_holds_no_row_of_the_data(package: Path, finished: burnish.Run) -> None:
    sentence = (finished.folder / "evaluate" / "predictions.csv").read_text(encoding="utf-8")
    assert sentence
    names = {path.name for path in (package / "specialist").rglob("*")}
    assert not {"train.parquet", "test.parquet", "probes.json", "predictions.csv", "serving"} & names


def test_what_was_packed_starts_and_answers(package: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    command = [sys.executable, "-m", "burnish", "serve", "specialist", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--logs", str(tmp_path)], cwd=package, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        assert json.loads(process.stdout.readline())["event"].startswith("ready")
        request = urllib.request.Request(f"{address}/predict", b'{"text": "great and lovely"}')
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["value"] == "positive"
    finally:
        process.terminate()
        process.wait(60)
    assert (tmp_path / "log.db").is_file()


def test_written_again_it_is_replaced_and_nothing_else_is(
    package: Path, finished: burnish.Run, burnish_command: Terminal, tmp_path: Path
) -> None:
    specialist = finished.specialist_folder
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    refused = burnish_command("package", specialist, "--out", tmp_path)
    assert (refused.code, (tmp_path / "mine.txt").exists()) == (2, True)
    assert "holds something else" in refused.err
    alone = tmp_path / "alone"
    for _ in range(2):
        said = burnish_command("package", specialist, "--out", alone)
        assert said.code == 0
    assert [path.name for path in (alone / "systemd").iterdir()] == ["burnish-specialist.service"]
