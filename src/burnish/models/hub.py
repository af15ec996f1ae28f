"""Fetch a repository from the Hugging Face Hub with its own client: resumable, with its progress bars."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.run_folder import file_digest

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
    from huggingface_hub import snapshot_download

    yield Note(text=f"looking for {repository} on the Hugging Face Hub and in its cache")
    patterns = [*files] or [*_CONFIGURATION, _SAFE_WEIGHTS]
    try:
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=patterns))
        if not files and not any(folder.glob(_SAFE_WEIGHTS)):
            folder = Path(snapshot_download(repository, revision=revision, allow_patterns=[*patterns, _OLD_WEIGHTS]))
        _check_against_hub(repository, revision, folder)
    except UserError:
        raise
    except Exception as error:  # the client raises its own, httpx's and the system's errors alike
        raise UserError(_reason(error), where=f"Hugging Face Hub, {repository}") from error
    return folder


def _check_against_hub(repository: str, revision: str, folder: Path) -> None:
    """Compare weights with the sha256 that the Hub states, where it can be asked."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

    try:
        siblings = HfApi().model_info(repository, revision=revision, files_metadata=True).siblings or []
    except (HTTPError, OfflineModeIsEnabled, OSError):
        return  # offline: the files came from the cache, where they were checked when they arrived
    for sibling in siblings:
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
