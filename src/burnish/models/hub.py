"""Fetch a repository from the Hugging Face Hub into the cache of its own client.

Weights are downloaded by `fetch.download`, which goes on where a download was cut even by a kill; the client's own
starts such a file anew. The client then finds them in its cache, and fetches the small files itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.fetch.download import download
from burnish.run_folder import file_digest

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_CONFIGURATION = ("*.json", "*.txt", "*.model", "1_Pooling/config.json", "README.md")
_SAFE_WEIGHTS = "*.safetensors"
_OLD_WEIGHTS = "pytorch_model*.bin"


def fetch_from_hub(repository: str, revision: str, files: Mapping[str, str]) -> Work[Path]:
    """The repository's folder in the Hub's own cache; weights are safetensors where the repository has them.

    Args:
        repository: The Hub id.
        revision: Branch, tag or commit.
        files: sha256 by file name where the catalogue pins them; other weights are checked against the Hub's digest.

    Raises:
        UserError: The Hub cannot be reached and the model is not in its cache, or there is no such repository.
    """
    yield Note(text=f"looking for {repository} on the Hugging Face Hub and in its cache")
    try:
        large = _large_files(repository, revision)
        folder = yield from _fetch(repository, revision, [*files] or [*_CONFIGURATION, _SAFE_WEIGHTS], large)
        if not files and not any(folder.glob(_SAFE_WEIGHTS)):
            folder = yield from _fetch(repository, revision, [*_CONFIGURATION, _OLD_WEIGHTS], large)
        _check_against_hub(repository, large, folder)
    except UserError:
        raise
    except Exception as error:  # the client raises its own, httpx's and the system's errors alike
        raise UserError(_reason(error), where=f"Hugging Face Hub, {repository}") from error
    return folder


def _large_files(repository: str, revision: str) -> list[RepoSibling]:
    """The files whose sha256 the Hub states; none where it cannot be asked."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

    try:
        siblings = HfApi().model_info(repository, revision=revision, files_metadata=True).siblings or []
    except (HTTPError, OfflineModeIsEnabled, OSError):
        return []  # offline: files come from the cache, where they were checked when they arrived
    return [sibling for sibling in siblings if sibling.lfs is not None]


def _fetch(repository: str, revision: str, patterns: list[str], large: Iterable[RepoSibling]) -> Work[Path]:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, snapshot_download
    from huggingface_hub.file_download import repo_folder_name

    blobs = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repository, repo_type="model"), "blobs")
    for sibling in large:
        if sibling.lfs is None or not any(fnmatch(sibling.rfilename, pattern) for pattern in patterns):
            continue
        if not (blobs / sibling.lfs.sha256).is_file():
            # the client follows the redirection, so that the token stays with the Hub
            location = get_hf_file_metadata(hf_hub_url(repository, sibling.rfilename, revision=revision)).location
            yield from download(location, blobs / sibling.lfs.sha256, sibling.lfs.sha256, sibling.rfilename)
    return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns))


def _check_against_hub(repository: str, large: Iterable[RepoSibling], folder: Path) -> None:
    """Compare weights with the sha256 that the Hub states."""
    for sibling in large:
        path = folder / sibling.rfilename
        if sibling.lfs is not None and path.is_file() and file_digest(path) != sibling.lfs.sha256:
            path.resolve().unlink()
            raise UserError(
                f"{sibling.rfilename} does not have the sha256 that the Hub states; it was removed",
                where=f"Hugging Face Hub, {repository}",
                fix="Run the same command again to fetch it anew.",
            )


def _reason(error: Exception) -> str:
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return "it asks for an accepted licence: accept it on its page and set HF_TOKEN"
    if isinstance(error, RepositoryNotFoundError):
        return "there is no such public repository"
    if isinstance(error, LocalEntryNotFoundError):
        why = "offline mode is on (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else "it cannot be reached"
        return f"{why}, and the model is not in its cache"
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
