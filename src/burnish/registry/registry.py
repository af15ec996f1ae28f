"""MLflow's model registry, with what burnish asks of it.

Every specialist is a registered model; every version is a run of the experiment of the same name, which holds its
metrics, its recipe and its files. The aliases `champion` and `challenger` say what is at work. Changes are tags of the
registered model, so that they lie where the versions do.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from burnish.errors import UserError
from burnish.fetch.cache import cache_folder
from burnish.registry.address import Address
from burnish.registry.submission import LEARNED_FILE, Submission
from burnish.registry.version import CHALLENGER, Change, Version
from burnish.run_folder import replacing_folder

_CHANGE, _DIGEST, _RUN, _SHARE = "burnish.change.", "burnish.digest", "burnish.run", "burnish.share"
_LONGEST_TAG = 4500  # MLflow takes 5000 characters


class Registry:
    """A registry. Nothing is made or asked before it is needed.

    Args:
        address: Where it is.
    """

    def __init__(self, address: Address) -> None:
        self.address = address

    def make(self) -> None:
        """Make an empty one where there is none."""
        with self._explained():
            self._client.search_registered_models(max_results=1)

    def names(self) -> list[str]:
        """The specialists that have versions here."""
        if not self.address.exists:
            return []
        with self._explained():
            return sorted(model.name for model in self._client.search_registered_models(max_results=1000))

    def versions(self, name: str) -> list[Version]:
        """All versions of a specialist, the newest first; none where it is not known."""
        if not self.address.exists:
            return []
        with self._explained():
            if (model := self._model(name)) is None:
                return []
            found = self._client.search_model_versions(f"name='{name}'", max_results=1000)
        aliases: dict[str, list[str]] = {}
        for alias, number in sorted(model.aliases.items()):
            aliases.setdefault(str(number), []).append(alias)
        versions = [_version(each, aliases.get(str(each.version), [])) for each in found]
        return sorted(versions, key=lambda version: -version.number)

    def at_work(self, name: str) -> dict[str, Version]:
        """The versions that have an alias, by alias."""
        return {alias: version for version in self.versions(name) for alias in version.aliases}

    def version(self, name: str, number: int) -> Version:
        """A version by its number.

        Raises:
            UserError: There is none.
        """
        versions = self.versions(name)
        for version in versions:
            if version.number == number:
                return version
        known = ", ".join(str(version.number) for version in versions) or "none"
        raise UserError(f"{name!r} has no version {number}", where=self.address.uri, fix=f"There are: {known}.")

    def register(self, name: str, submission: Submission) -> Version:
        """Log a run with its metrics, recipe, report and files, as a new version; the one that is there already stays.

        Raises:
            UserError: The registry refuses it, or cannot be reached.
        """
        for version in self.versions(name):
            if version.digest == submission.digest:
                return version
        with self._explained():
            run = self._client.create_run(self._experiment(name), run_name=submission.folder.name)
            number = run.info.run_id
            try:
                self._log(number, submission)
            except BaseException:
                self._client.set_terminated(number, "FAILED")
                raise
            self._client.set_terminated(number)
            if self._model(name) is None:
                self._client.create_registered_model(name)
            made = self._client.create_model_version(
                name,
                source=f"{run.info.artifact_uri}/evaluate/specialist",
                run_id=number,
                tags={_DIGEST: submission.digest, _RUN: str(submission.folder.root.resolve())},
            )
        return _version(made, [])

    def set_alias(self, version: Version, alias: str, *, share: float = 0.0) -> None:
        """Let a version be at work under an alias."""
        with self._explained():
            if alias == CHALLENGER:
                self._client.set_model_version_tag(version.name, str(version.number), _SHARE, str(share))
            self._client.set_registered_model_alias(version.name, alias, str(version.number))

    def remove_alias(self, name: str, alias: str) -> None:
        """Let no version be at work under an alias."""
        with self._explained():
            self._client.delete_registered_model_alias(name, alias)

    def files(self, version: Version) -> Path:
        """A folder that is served like a run folder: where the version's files lie, or a copy in the user's cache.

        Raises:
            UserError: They cannot be fetched.
        """
        with self._explained():
            uri = urlsplit(self._client.get_run(version.run_id).info.artifact_uri)
            if uri.scheme in {"", "file"} and (place := Path(unquote(uri.path))).is_dir():
                return place
            copied = cache_folder() / "registry" / version.run_id
            if not copied.is_dir():
                with replacing_folder(copied) as written:
                    self._client.download_artifacts(version.run_id, "", str(written))
        return copied

    def learned(self, version: Version) -> Any:
        """Digests of the inputs that a version has learned from, uint64 (rows, 2)."""
        import numpy as np

        return np.load(self.files(version) / LEARNED_FILE, allow_pickle=False)

    def record(self, name: str, change: Change) -> None:
        """Keep a change for good."""
        text = change.as_json()
        if len(text) > _LONGEST_TAG:
            short = change.why[: len(change.why) - (len(text) - _LONGEST_TAG)] + " …"
            text = Change(**{**vars(change), "why": short}).as_json()
        with self._explained():
            self._client.set_registered_model_tag(name, f"{_CHANGE}{int(change.when * 1e6):017d}", text)

    def history(self, name: str) -> list[Change]:
        """All changes, the oldest first."""
        if not self.address.exists:
            return []
        with self._explained():
            model = self._model(name)
        tags = {} if model is None else model.tags
        return [Change.of_json(tags[key]) for key in sorted(tags) if key.startswith(_CHANGE)]

    @cached_property
    def _client(self) -> Any:
        """MLflow's own. It tells nobody that it is used."""
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # that is where answers go
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        for logger in ("mlflow", "alembic"):
            logging.getLogger(logger).setLevel(logging.WARNING)
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # importing it has set it anew
        if self.address.files is not None:
            self.address.files.mkdir(parents=True, exist_ok=True)
        return MlflowClient(tracking_uri=self.address.uri, registry_uri=self.address.uri)

    def _model(self, name: str) -> Any:
        found = self._client.search_registered_models(f"name='{name}'", max_results=1)
        return self._client.get_registered_model(name) if found else None

    def _experiment(self, name: str) -> str:
        if (known := self._client.get_experiment_by_name(name)) is not None:
            return str(known.experiment_id)
        place = None if self.address.files is None else (self.address.files / name).as_uri()
        return str(self._client.create_experiment(name, artifact_location=place))

    def _log(self, run: str, submission: Submission) -> None:
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        tags = {"burnish.verdict": submission.verdict()["decision"], _RUN: str(submission.folder.root.resolve())}
        self._client.log_batch(
            run,
            metrics=[Metric(name, score, now, 0) for name, score in submission.metrics().items()],
            params=[Param(_plain(key), value) for key, value in submission.parameters().items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        for path, place in submission.files():
            log = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
            log(run, str(path), place or None)
        with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
            self._client.log_artifact(run, str(submission.write_learned(Path(folder))))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """What the registry or the way to it refuses, as a UserError."""
        try:
            yield
        except UserError:
            raise
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in {"mlflow", "requests", "sqlalchemy", "urllib3"}:
                raise
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"the registry refuses this: {reason[:300]}",
                where=self.address.uri,
                fix="Is the address right, and is the server up?",
            ) from None


def _plain(key: str) -> str:
    """A key with the characters that MLflow takes."""
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in key)


def _version(found: Any, aliases: list[str]) -> Version:
    return Version(
        name=found.name,
        number=int(found.version),
        digest=found.tags.get(_DIGEST, ""),
        run=found.tags.get(_RUN, ""),
        run_id=found.run_id,
        created=found.creation_timestamp / 1000,
        aliases=tuple(aliases),
        share=float(found.tags.get(_SHARE, 0)) if CHALLENGER in aliases else 0.0,
    )
