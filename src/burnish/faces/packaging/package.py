"""Write a folder from which a specialist can be put to work on another machine."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import burnish
from burnish.errors import UserError
from burnish.exporting.manifest import MANIFEST
from burnish.faces.packaging.requirements import pinned_requirements
from burnish.faces.python import load
from burnish.predictor import load_specialist
from burnish.run_folder import disk_faults_explained, file_digest, replacing_folder, write_text

if TYPE_CHECKING:
    import jinja2

TEMPLATES = {
    "Dockerfile": "Dockerfile.jinja",
    ".dockerignore": "dockerignore.jinja",
    "kubernetes.yaml": "kubernetes.yaml.jinja",
    "systemd/{name}.service": "serve.service.jinja",
    "systemd/{name}-watch.service": "watch.service.jinja",
    "systemd/{name}-watch.timer": "watch.timer.jinja",
    "crontab": "crontab.jinja",
    "README.md": "README.md.jinja",
}


@dataclass(frozen=True, kw_only=True)
class Package:
    """What was written.

    Attributes:
        folder: Where.
        name: Of the container image, the service and the units.
        version: Of the specialist.
        files: Every file but the specialist's and burnish's own, by relative path.
    """

    folder: Path
    name: str
    version: str
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Named:
    """A name in a registry, which units serve and watch.

    Attributes:
        name: The specialist's name.
        registry: The registry's folder, or its address.
        serving: The folder that servers of it write to.
    """

    name: str
    registry: str
    serving: Path


def write_package(run_folder: Path, out: Path, port: int, named: Named | None = None) -> Package:
    """Write a container's context, Kubernetes manifests, and systemd units around a run's specialist.

    The container holds the specialist alone: no row of the data. The units serve the run where it lies here (or follow
    the name in the registry), and watch it every hour.

    Args:
        run_folder: The run's, or the specialist's.
        out: A new folder, or one that an earlier call wrote.
        port: Where the server listens.
        named: The name in a registry that the units serve; None: they serve the run.

    Raises:
        UserError: There is no specialist, `out` holds something else, or what serving needs is not installed.
    """
    run = load(run_folder)
    place = run.specialist_folder
    specialist = load_specialist(place)
    if out.exists() and any(out.iterdir()) and not (out / "specialist" / MANIFEST).is_file():
        raise UserError("this folder holds something else", where=str(out), fix="Name a new folder with --out.")
    run_name = named.name if named is not None else run.folder.resolve().name
    name, version = _image_name(run_name), file_digest(place / MANIFEST)[:12]
    facts = {
        "name": name,
        "run_name": run_name,
        "version": version,
        "port": port,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "served": f'"{run.folder.resolve()}"' if named is None else f'{named.name} --registry "{named.registry}"',
        "written": str(run.folder.resolve() if named is None else named.serving),
        "home": "" if named is None else str(Path.cwd()),
        "interpreter": sys.executable,
        "task": specialist.task.name,
        "summary": specialist.task.summary,
        "is_run": place != run.folder,
    }
    files = []
    with disk_faults_explained(out), replacing_folder(out) as written:
        shutil.copytree(place, written / "specialist", ignore=shutil.ignore_patterns("serving"))
        shutil.copytree(
            Path(burnish.__file__).parent, written / "burnish", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
        write_text(written / "requirements.txt", "\n".join(pinned_requirements(specialist.task)) + "\n")
        for path, template in TEMPLATES.items():
            if path.startswith(("systemd/{name}-watch", "crontab")) and not facts["is_run"]:
                continue  # a specialist alone does not know what it learned from
            files.append(path.format(name=name))
            write_text(written / files[-1], _environment().get_template(template).render(facts))
    return Package(folder=out, name=name, version=version, files=("requirements.txt", *files))


def _image_name(name: str) -> str:
    """A name that images, Kubernetes objects and units all take."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return f"burnish-{plain or 'specialist'}"


def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(  # these are no HTML
        loader=jinja2.PackageLoader("burnish.faces.packaging", "templates"),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
