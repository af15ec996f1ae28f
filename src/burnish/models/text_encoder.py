"""Load, pool and save Hugging Face text encoders (BERT-, RoBERTa-, DistilBERT-, ModernBERT-like and others)."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from burnish.adapting.bottleneck import restore_adapters, save_adapters
from burnish.adapting.peft_body import ADAPTER_FOLDER, is_wrapped, load_adapter, save_adapter
from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.models.loading import block_names, damaged, linear_names, load_tokenizer, name_of
from burnish.run_folder import read_json

HEAD_FILE = "head.safetensors"
POOLING_FILE = "1_Pooling/config.json"
LONGEST_BY_DEFAULT = 512
NO_POOLING = "none"
_BESIDE = (0, -1, 1)  # the words whose states a word is answered from: itself, the one before, the one after
_LENGTH_OF_NO_LIMIT = 1_000_000  # tokenizers without a limit say a very large number
_FEATURE_DROPOUT = 0.1


class PooledEncoder(nn.Module):
    """An encoder, a pooling of its token states, and a linear head.

    Args:
        encoder: Returns `last_hidden_state`, (rows, tokens, width), for `input_ids` and `attention_mask`.
        outputs: Number of outputs of the head.
        pooling: `mean` over the tokens of the input, `cls` for the first token, or `none`: every token has its answer.
    """

    def __init__(self, encoder: nn.Module, outputs: int, pooling: str) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = nn.Dropout(_FEATURE_DROPOUT)
        self.head = nn.Linear(encoder.config.hidden_size, outputs)  # type: ignore[union-attr, arg-type]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits for int64 (rows, tokens) ids and mask (1: a token, 0: padding).

        Returns:
            float (rows, outputs), or (rows, tokens, outputs) where nothing is pooled.
        """
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        states = states[:, -input_ids.shape[1] :]  # without the virtual tokens that a soft prompt puts before the text
        return self.head(self.dropout(pool(states, attention_mask, self.pooling)))  # type: ignore[no-any-return]


def pool(states: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """One vector per row, (rows, width), from token states (rows, tokens, width); `none` leaves those as they are."""
    if pooling == NO_POOLING:
        return states
    if pooling == "cls":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


class WordEncoder(PooledEncoder):
    """An encoder, the mean of the states of every word's tokens, and a linear head on a word and its neighbours.

    Args:
        encoder: As for `PooledEncoder`.
        outputs: Number of outputs of the head.
    """

    def __init__(self, encoder: nn.Module, outputs: int) -> None:
        super().__init__(encoder, outputs, NO_POOLING)
        self.head = nn.Linear(len(_BESIDE) * self.head.in_features, outputs)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, words: Tensor) -> Tensor:  # type: ignore[override]
        """Outputs at every token, float (rows, tokens, outputs); all tokens of a word have the same.

        Args:
            input_ids: int64 (rows, tokens).
            attention_mask: int64 (rows, tokens), 1 for tokens and 0 for padding.
            words: int64 (rows, tokens), the word that a token belongs to, counted from 1; 0 for none.
        """
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        states = states[:, -input_ids.shape[1] :]
        return self.head(self.dropout(beside(states, words)))  # type: ignore[no-any-return]


def beside(states: Tensor, words: Tensor) -> Tensor:
    """At every token the mean states of its word, of the word before and of the one after; zeros where there is none.

    Args:
        states: float (rows, tokens, width).
        words: See `WordEncoder.forward`.

    Returns:
        float (rows, tokens, 3 * width).
    """
    own, others = words.unsqueeze(2), words.unsqueeze(1)
    there = (own > 0) & (others > 0)
    found = []
    for step in _BESIDE:
        share = ((others == own + step) & there).to(states.dtype)
        found.append((share / share.sum(2, keepdim=True).clamp(min=1)) @ states)
    return torch.cat(found, dim=2)


def load_text_encoder(
    folder: Path, outputs: int, longest: int, *, by_unit: bool = False, depth: float = 1.0
) -> LoadedModel:
    """Load an encoder and its tokenizer from a folder in Hugging Face's format, with a new (zero) head.

    A zero head starts every class equally probable; a linear probe usually takes its place before training.

    Args:
        folder: Holds config.json, weights and tokenizer files.
        outputs: Number of outputs of the head.
        longest: Most tokens an input may have; 0 takes the model's own limit, at most 512.
        by_unit: Whether the head answers every word, and not the text as a whole.
        depth: Share of the blocks that are loaded, from the input upward.

    Raises:
        UserError: A file is missing or damaged, weights are missing, or the model would need to run remote code.
    """
    encoder = _load_encoder(folder, depth)
    tokenizer = load_tokenizer(folder, encoder.get_input_embeddings())
    if isinstance(getattr(encoder, "pooler", None), nn.Module):
        encoder.pooler.requires_grad_(False)  # we pool ourselves: nothing reads its output
    network = WordEncoder(encoder, outputs) if by_unit else PooledEncoder(encoder, outputs, _pooling(folder))
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    blocks = block_names(network)
    return LoadedModel(
        network=network.eval(),
        processor=tokenizer,
        body="encoder",
        head="head",
        blocks=blocks,
        adaptable=linear_names(network, blocks),
        embeddings=name_of(network, encoder.get_input_embeddings()),
        longest=_longest(encoder, tokenizer, longest),
        by_unit=by_unit,
    )


def save_text_encoder(model: LoadedModel, folder: Path) -> None:
    """Write the encoder and tokenizer as Hugging Face files, and the head beside them as `head.safetensors`.

    Bottleneck adapters go into `adapters.safetensors`, a soft prompt into `adapter/`; the encoder stays plain.
    """
    network = model.network
    assert isinstance(network, PooledEncoder)
    encoder: Any = network.encoder
    if is_wrapped(model):
        save_adapter(model, folder / ADAPTER_FOLDER)
        encoder = encoder.get_base_model()
    save_encoder(encoder, model.processor, network.pooling, folder)
    save_adapters(network, folder)
    head = {"weight": network.head.weight.detach().contiguous(), "bias": network.head.bias.detach().contiguous()}
    save_file(head, folder / HEAD_FILE, metadata={"pooling": network.pooling})


def save_encoder(encoder: Any, tokenizer: Any, pooling: str, folder: Path) -> None:
    """Write an encoder and its tokenizer as Hugging Face files, with the pooling as sentence-transformers names it."""
    encoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = folder / POOLING_FILE
    path.parent.mkdir(exist_ok=True)
    modes = {f"pooling_mode_{name}": pooling == short for short, name in _POOLING_MODES.items()}
    width = encoder.config.hidden_size
    path.write_text(json.dumps({"word_embedding_dimension": width, **modes}, indent=2), encoding="utf-8")


def restore_text_encoder(folder: Path, outputs: int, longest: int, *, by_unit: bool = False) -> LoadedModel:
    """Load what `save_text_encoder` wrote."""
    model = load_text_encoder(folder, outputs, longest, by_unit=by_unit)
    restore_adapters(model.network, folder)
    if (folder / ADAPTER_FOLDER).is_dir():
        model = load_adapter(model, folder / ADAPTER_FOLDER)
        model.network.eval()
    try:
        model.network.get_submodule(model.head).load_state_dict(load_file(folder / HEAD_FILE))
    except Exception as error:
        raise damaged(folder / HEAD_FILE, error) from error
    return model


def copy_base(source: Path, target: Path) -> None:
    """Copy the files of an encoder, leaving out everything that is not needed to load it."""
    for path in source.rglob("*"):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".txt", ".model", ".bin"}:
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)


_POOLING_MODES = {"cls": "cls_token", "mean": "mean_tokens"}


def _load_encoder(folder: Path, depth: float) -> Any:
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
        if depth < 1:
            _cut_blocks(config, depth)
        encoder, info = AutoModel.from_pretrained(
            str(folder),
            config=config,
            dtype=torch.float32,
            output_loading_info=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except Exception as error:  # transformers raises OSError, ValueError, RuntimeError and safetensors' own
        raise damaged(folder, error) from error
    missing = sorted(name for name in info["missing_keys"] if not name.startswith("pooler."))
    mismatched = [str(key) for key in info.get("mismatched_keys", ())]
    if missing or mismatched:
        raise UserError(
            f"the weights do not fit the model's config.json: {len(missing)} missing (first: "
            f"{missing[0] if missing else '-'}), {len(mismatched)} of another shape",
            where=str(folder),
            fix="They would start at random. Give a folder whose weights and config.json belong together.",
        )
    if not hasattr(encoder.config, "hidden_size") or getattr(encoder.config, "is_encoder_decoder", False):
        raise UserError(
            f"a {encoder.config.model_type!r} model is not a text encoder",
            where=str(folder),
            fix="Use an encoder: BERT, RoBERTa, DistilBERT, ModernBERT, MiniLM, E5, BGE and the like.",
        )
    return encoder


def _cut_blocks(config: Any, depth: float) -> None:
    """Let a model's settings ask for a share of its blocks."""
    config.num_hidden_layers = math.ceil(depth * config.num_hidden_layers)
    if kinds := getattr(config, "layer_types", None):  # of models whose blocks differ
        config.layer_types = kinds[: config.num_hidden_layers]


def _pooling(folder: Path) -> str:
    """The pooling that the folder's sentence-transformers settings name, in their old form or the new; else `mean`."""
    path = folder / POOLING_FILE
    if not path.is_file():
        return "mean"
    settings = read_json(path)
    if not isinstance(settings, dict):
        raise UserError("the pooling settings are damaged", where=str(path), fix="Fetch or copy the model again.")
    return "cls" if settings.get("pooling_mode") == "cls" or settings.get("pooling_mode_cls_token") else "mean"


def _longest(encoder: Any, tokenizer: Any, asked: int) -> int:
    """The most tokens the model takes: what is asked for, within what positions and tokenizer allow."""
    positions = int(getattr(encoder.config, "max_position_embeddings", 0) or 0) - _first_position(encoder)
    limits = [limit for limit in (positions, int(tokenizer.model_max_length)) if 0 < limit < _LENGTH_OF_NO_LIMIT]
    own = min(limits, default=LONGEST_BY_DEFAULT)
    if asked > own:
        raise UserError(
            f"`longest: {asked}` is more than the {own} tokens that this model takes",
            where="data.longest",
            fix=f"Give at most {own}, or a model that reads longer texts.",
        )
    return asked or min(own, LONGEST_BY_DEFAULT)


def _first_position(encoder: nn.Module) -> int:
    """The position of the first token: RoBERTa and its kin begin after the padding's, all others at 0."""
    for name, module in encoder.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return int(module.padding_idx) + 1
    return 0
