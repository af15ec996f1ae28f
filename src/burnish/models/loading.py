"""What loaders of all families share: tokenizers, damaged files, and the names of a network's parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from burnish.errors import UserError


def load_tokenizer(folder: Path, embeddings: Any) -> Any:
    """The tokenizer of a model's folder.

    Raises:
        UserError: Its files are missing or damaged, or it knows more tokens than the model.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise damaged(folder, error, "its tokenizer cannot be loaded") from error
    if len(tokenizer) <= len(tokenizer.all_special_tokens):  # transformers makes an empty one where files are missing
        raise UserError(
            "the model's tokenizer knows no words: its files are missing",
            where=str(folder),
            fix="Add tokenizer.json (or vocab.txt, or a .model file), or fetch the model again.",
        )
    if len(tokenizer) > embeddings.num_embeddings:
        raise UserError(
            f"the tokenizer knows {len(tokenizer)} tokens, the model only {embeddings.num_embeddings}",
            where=str(folder),
            fix="Give a folder whose tokenizer and weights belong together.",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token is None:
        raise UserError(
            "the model's tokenizer has no padding token",
            where=str(folder),
            fix="Name one as `pad_token` in its tokenizer_config.json.",
        )
    return tokenizer


def damaged(path: Path, error: Exception, what: str = "the model cannot be loaded") -> UserError:
    """What is said of files that a library cannot read."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UserError(
        f"{what}: {reason}",
        where=str(path),
        fix="A weight file may be damaged or cut short, or files may be missing: fetch or copy the model again.",
    )


def block_names(network: nn.Module) -> tuple[str, ...]:
    """Names of the repeated layers: the children of the longest list of equal modules."""
    lists = {name: module for name, module in network.named_modules() if isinstance(module, nn.ModuleList)}
    equal = {name: module for name, module in lists.items() if len({type(child) for child in module}) == 1}
    if not equal:
        return ()
    longest = max(equal, key=lambda name: (len(equal[name]), -name.count(".")))
    return tuple(f"{longest}.{index}" for index in range(len(equal[longest])))


def linear_names(network: nn.Module, blocks: Sequence[str]) -> tuple[str, ...]:
    """Names of the linear layers inside the blocks, in their order."""
    return tuple(
        f"{block}.{name}"
        for block in blocks
        for name, module in network.get_submodule(block).named_modules()
        if isinstance(module, nn.Linear)
    )


def name_of(network: nn.Module, wanted: nn.Module | None) -> str:
    """The name of a module in a network, or ""."""
    return next((name for name, module in network.named_modules() if module is wanted), "")
