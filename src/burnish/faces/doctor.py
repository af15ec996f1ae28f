"""`burnish doctor`: what this machine and this installation can do, and how to add what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish.fetch.cache import cache_folder
from burnish.hardware import cores, free_gigabytes, memory_gigabytes, processor_name
from burnish.version import __version__

_PACKAGE, _CONSTRAINTS = Path(__file__).parent.parent, "constraints.txt"
_LARGE = ("torch", "transformers", "accelerate", "onnxruntime")
_ENOUGH_DISK, _ENOUGH_MEMORY = 5.0, 4.0
_EXTRAS = {
    "annotation": (("snorkel",), "combining labelling functions"),
    "images": (("PIL",), "image-classification: reading pictures"),
    "registry": (("mlflow", "sqlalchemy"), "which version is at work: promotion, rollback, servers that follow"),
    "serve": (("fastapi", "uvicorn", "prometheus_client", "presidio_analyzer"), "answering over HTTP"),
    "documentation": (("sphinx", "myst_parser", "furo"), "building the documentation"),
    "development": (("pytest", "hypothesis", "mypy", "ruff", "importlinter"), "running the tests"),
    "spans": (("pycrfsuite",), "the baseline crf of token-classification"),
    "data": (
        ("PIL", "aiohttp", "datasets", "fsspec", "openpyxl", "presidio_analyzer", "psycopg", "soundfile", "zstandard"),
        "reading more formats, databases and addresses; checking for personal data, images, and audio",
    ),
    "benchmarks": (("setfit", "sentence_transformers", "datasets"), "comparing with other tools"),
}


@dataclass(frozen=True, kw_only=True)
class Examined:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        state: `good`, `missing` (something optional), or `problem`.
        found: What was found.
        fix: The command or step that mends it, or "".
    """

    name: str
    state: Literal["good", "missing", "problem"]
    found: str
    fix: str = ""


def examine() -> list[Examined]:
    """Look at Python, libraries, devices, precision, memory, disk, model sources and optional extras."""
    libraries = _libraries()
    return [
        Examined(name="burnish", state="good", found=f"{__version__}, Python {platform.python_version()}"),
        *libraries,
        *_devices(loads=libraries[0].state == "good"),
        _memory(),
        _disk(Path("runs"), "disk for runs"),
        _disk(cache_folder(), "disk for the cache"),
        _installer(),
        *_models(),
        *_extras(),
    ]


def install_command(extra: str = "", package: Path = _PACKAGE) -> str:
    """The command that completes this installation: in a clone with the versions tested there, else from the index.

    Args:
        extra: What to add, or "" for what burnish itself needs.
        package: The folder of the package's code.
    """
    wanted = f"[{extra}]" if extra else ""
    clone = package.parent.parent
    if not (clone / _CONSTRAINTS).is_file():
        return shlex.join(["pip", "install", f"burnish{wanted}"])
    command = shlex.join(["pip", "install", "-c", _CONSTRAINTS, "-e", f".{wanted}"])
    return command if clone == Path.cwd() else f"cd {shlex.quote(str(clone))} && {command}"


def _libraries() -> list[Examined]:
    """The large libraries one by one, and what is missing of the others that this installation asks for."""
    found = [_torch(), *(_library(name) for name in _LARGE if name != "torch")]
    absent = [name for name in _required() if name not in _LARGE and not _version(name)]
    if absent:
        text = f"lacks {', '.join(absent)}"
        found.append(Examined(name="other libraries", state="problem", found=text, fix=install_command()))
    else:
        found.append(Examined(name="other libraries", state="good", found="complete"))
    return found


def _library(name: str) -> Examined:
    if version := _version(name):
        return Examined(name=name, state="good", found=version)
    return Examined(name=name, state="problem", found="not installed", fix=install_command())


def _torch() -> Examined:
    """An installation of torch may be there and not load: a library of the system is missing, or it is half there."""
    examined = _library("torch")
    if examined.state != "good":
        return examined
    try:
        importlib.import_module("torch")
    except Exception as error:  # noqa: BLE001  whatever it is, it is what doctor is asked for
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        again = shlex.join(["pip", "install", "--force-reinstall", "--no-deps", f"torch=={examined.found}"])
        return Examined(name="torch", state="problem", found=f"{examined.found} does not load: {reason}", fix=again)
    return examined


def _version(name: str) -> str:
    """The installed version of a distribution, or ""."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _required() -> list[str]:
    """What burnish itself needs, by its own metadata; nothing where it runs without being installed."""
    try:
        lines = importlib.metadata.requires("burnish") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [name[0] for line in lines if "extra ==" not in line and (name := re.match(r"[\w.-]+", line))]


def _devices(loads: bool) -> list[Examined]:
    """Processor and GPU; `loads` says whether torch, which knows most about them, does."""
    processor = f"{processor_name()}, {cores()} cores"
    if not loads:
        return [
            Examined(name="processor", state="good", found=processor),
            Examined(name="GPU", state="missing", found="not examined: torch does not load"),
        ]
    from burnish.training.precision import processor_has_bf16

    bf16 = "with bf16" if processor_has_bf16() else "without bf16 (training is done in fp32)"
    return [Examined(name="processor", state="good", found=f"{processor}, {bf16}"), _gpu()]


def _gpu() -> Examined:
    import torch

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 1e9
        return Examined(name="GPU", state="good", found=f"{torch.cuda.get_device_name()}, {memory:.0f} GB")
    if torch.backends.mps.is_available():
        return Examined(name="GPU", state="good", found="Apple Metal")
    fix = "" if not Path("/proc/driver/nvidia").exists() else "install a CUDA build of torch"
    state: Literal["missing", "problem"] = "problem" if fix else "missing"
    return Examined(name="GPU", state=state, found="none that torch can use; the processor does the work", fix=fix)


def _memory() -> Examined:
    memory = memory_gigabytes()
    enough = memory >= _ENOUGH_MEMORY
    fix = "" if enough else "choose small models and a small `batch-size:` under `training:`"
    return Examined(name="memory", state="good" if enough else "problem", found=f"{memory:.0f} GB", fix=fix)


def _disk(folder: Path, name: str) -> Examined:
    free = free_gigabytes(folder)
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Examined(
            name=name, state="problem", found=f"no permission to write in {existing}", fix=f"chmod u+w {existing}"
        )
    if free < _ENOUGH_DISK:
        return Examined(name=name, state="problem", found=f"{free:.1f} GB free at {folder}", fix="free some space")
    return Examined(name=name, state="good", found=f"{free:.0f} GB free at {folder}")


def _installer() -> Examined:
    if version := _version("pip"):
        return Examined(name="pip", state="good", found=f"{version}, fetches packaged models")
    return Examined(name="pip", state="problem", found="not installed", fix="python -m ensurepip")


def _models() -> list[Examined]:
    from burnish.models.catalogue import catalogue

    kept = cache_folder() / "models"
    names = {path.name.rpartition("-")[0] for path in kept.iterdir()} if kept.is_dir() else set()
    return [
        Examined(name=f"model {name}", state="good", found="in the cache")
        if name in names
        else Examined(
            name=f"model {name}",
            state="missing",
            found=f"not fetched yet ({entry.megabytes} MB)",
            fix=f"burnish models --fetch {name}",
        )
        for name, entry in catalogue().items()
    ]


def _extras() -> list[Examined]:
    found = []
    for extra, (modules, purpose) in _EXTRAS.items():
        absent = [module for module in modules if importlib.util.find_spec(module) is None]
        if absent:
            text = f"{purpose}: lacks {', '.join(absent)}"
            found.append(Examined(name=f"extra {extra}", state="missing", found=text, fix=install_command(extra)))
        else:
            found.append(Examined(name=f"extra {extra}", state="good", found=purpose))
    return found
