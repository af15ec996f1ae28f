"""Load, call and save Hugging Face causal language models that are talked to (Llama, Qwen, SmolLM and others)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from burnish.contracts import LoadedModel, Targets
from burnish.errors import UserError
from burnish.models.chat_template import ChatProcessor, require_template
from burnish.models.loading import block_names, damaged, linear_names, load_tokenizer, name_of

LONGEST_BY_DEFAULT = 1024
_SHORTEST_LIMIT, _LONGEST_LIMIT = 16, 512
_TOLERANCE = 1e-3


class NextTokens(NamedTuple):
    """What a causal model says of the token after every token, before it is spelled out over the vocabulary.

    Attributes:
        states: What flows into the head, float (rows, tokens, width).
        head: The linear layer that gives logits over the vocabulary.
        precision: What the head is to compute in.
    """

    states: Tensor
    head: nn.Linear
    precision: torch.dtype


class CausalNetwork(nn.Module):
    """A causal language model that answers with the states that flow into its head.

    Logits over a vocabulary of a hundred thousand take more memory than all else, and most are never looked at: whoever
    needs some computes them from the states.

    Args:
        language: A causal model of transformers.
        packs: Whether several conversations may lie in one row without seeing each other.
    """

    def __init__(self, language: nn.Module, *, packs: bool = False) -> None:
        super().__init__()
        self.language = language
        self.packs = packs

    @property
    def plain(self) -> Any:
        """The model of transformers itself, without what peft puts around it."""
        language: Any = self.language
        return language.get_base_model() if hasattr(language, "active_peft_config") else language

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        position_ids: Tensor | None = None,
        owners: Tensor | None = None,  # noqa: ARG002 - for the loss
    ) -> NextTokens:
        """States for int64 (rows, tokens) ids.

        Args:
            input_ids: int64 (rows, tokens).
            attention_mask: int64 (rows, tokens): 1 for a token, 0 for padding after it. Or, where several
                conversations lie in a row, bool (rows, 1, tokens, tokens): who sees whom.
            position_ids: int64 (rows, tokens): places within each conversation, where there are several in a row.
            owners: int64 (rows, tokens): which conversation of the batch a token belongs to.
        """
        language = self.plain
        places = {} if position_ids is None else {"position_ids": position_ids}
        states = language.base_model(
            input_ids=input_ids, attention_mask=attention_mask, use_cache=False, **places
        ).last_hidden_state
        return NextTokens(states=states, head=language.get_output_embeddings(), precision=precision_of(states))


def precision_of(states: Tensor) -> torch.dtype:
    """What linear layers compute in at present: autocast's type, or that of the states."""
    kind = states.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else states.dtype


def load_causal_language(folder: Path, targets: Targets, longest: int) -> LoadedModel:
    """Load a causal language model, its tokenizer and its chat template from a folder in Hugging Face's format.

    Args:
        folder: Holds config.json, weights, tokenizer files and the template.
        targets: Its statistics say how long answers are, its prompt what every conversation begins with.
        longest: Most tokens of a conversation, with its answer; 0 takes the model's own limit, at most 1024.

    Raises:
        UserError: A file is missing or damaged, it has no template, or it is no causal model whose head can be called
            apart from the rest.
    """
    language = _load_language(folder)
    tokenizer = load_tokenizer(folder, language.get_input_embeddings())
    require_template(tokenizer, str(folder))
    network = CausalNetwork(language)
    head = name_of(network, language.get_output_embeddings())
    blocks = block_names(network)
    own_limit = int(getattr(language.config, "max_position_embeddings", 0) or LONGEST_BY_DEFAULT)
    if longest > own_limit:
        raise UserError(
            f"`longest: {longest}` is more than the {own_limit} tokens that this model takes",
            where="data.longest",
            fix=f"Give at most {own_limit}, or a model that reads longer texts.",
        )
    limit = longest or min(own_limit, LONGEST_BY_DEFAULT)
    model = LoadedModel(
        network=network.eval(),
        processor=ChatProcessor(
            tokenizer=tokenizer, prompt=targets.prompt, longest_answer=min(_longest_answer(targets), limit // 2)
        ),
        body="language",
        head=head,
        blocks=blocks,
        adaptable=linear_names(network, blocks),
        embeddings=name_of(network, language.get_input_embeddings()),
        longest=limit,
        generates=True,
    )
    _try(model, folder)
    return model


def save_causal_language(model: LoadedModel, folder: Path) -> None:
    """Write the model, its tokenizer and its template as Hugging Face files that transformers loads by itself."""
    network = model.network
    assert isinstance(network, CausalNetwork)
    network.plain.save_pretrained(folder)
    model.processor.tokenizer.save_pretrained(folder)


def _longest_answer(targets: Targets) -> int:
    """Most tokens that an answer may take: more than nearly all training answers are likely to have."""
    likely = targets.statistics.get("answer_tokens", 0.0)
    return int(min(_LONGEST_LIMIT, max(_SHORTEST_LIMIT, likely))) if likely else 256


def _load_language(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=torch.float32, output_loading_info=True, trust_remote_code=False, local_files_only=True
        )
    except ValueError as error:
        kind = _kind(folder)
        if "Unrecognized configuration class" not in str(error):
            raise damaged(folder, error) from error
        raise UserError(
            f"a {kind!r} model does not write text",
            where=str(folder),
            fix="Use a causal language model: Llama, Qwen, SmolLM, Mistral, Gemma, Phi and the like.",
        ) from error
    except (OSError, RuntimeError, SafetensorError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise damaged(folder, error) from error
    language, info = loaded
    missing = sorted(info["missing_keys"])
    mismatched = [str(key) for key in info.get("mismatched_keys", ())]
    if missing or mismatched:
        raise UserError(
            f"the weights do not fit the model's config.json: {len(missing)} missing (first: "
            f"{missing[0] if missing else '-'}), {len(mismatched)} of another shape",
            where=str(folder),
            fix="They would start at random. Give a folder whose weights and config.json belong together.",
        )
    return language


def _kind(folder: Path) -> str:
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", "unknown"))
    except (OSError, ValueError, AttributeError):
        return "unknown"


def _try(model: LoadedModel, folder: Path) -> None:
    """See whether the head may be called apart from the rest, and whether conversations may share a row.

    No architecture is known here: both are tried on a few tokens.

    Raises:
        UserError: The model does more than its head between states and logits.
    """
    network = model.network
    assert isinstance(network, CausalNetwork)
    ids = torch.arange(12).reshape(1, 12) % min(12, network.plain.config.vocab_size)
    ones = torch.ones_like(ids)
    with torch.inference_mode():
        try:
            whole = network.plain(input_ids=ids, attention_mask=ones, use_cache=False).logits
            apart = network(input_ids=ids, attention_mask=ones)
            same = _close(apart.head(apart.states), whole)
        except (RuntimeError, TypeError, AttributeError, ValueError):
            same = False
        if not same:
            raise UserError(
                f"{type(network.plain).__name__} does more between its states and its words than its head, which is "
                "not known here",
                where=str(folder),
                fix="Use another causal language model: Llama, Qwen, SmolLM, Mistral, Phi and the like.",
            )
        network.packs = _packs(network, ids)


def _packs(network: CausalNetwork, ids: Tensor) -> bool:
    """Whether a row that holds two conversations gives each the states that it has alone."""
    middle = ids.shape[1] // 2
    owners = (torch.arange(ids.shape[1]) >= middle).long().unsqueeze(0)
    places = torch.arange(ids.shape[1]).unsqueeze(0) - middle * owners
    try:
        together = network(input_ids=ids, attention_mask=block_mask(owners), position_ids=places).states
        alone = [
            network(input_ids=part, attention_mask=torch.ones_like(part)).states
            for part in (ids[:, :middle], ids[:, middle:])
        ]
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False
    return _close(together, torch.cat(alone, dim=1))


def block_mask(owners: Tensor) -> Tensor:
    """Who sees whom, bool (rows, 1, tokens, tokens): the tokens before it of the same owner, and itself.

    Args:
        owners: int64 (rows, tokens); padding has an owner of its own.
    """
    tokens = owners.shape[1]
    earlier = torch.ones(tokens, tokens, dtype=torch.bool, device=owners.device).tril()
    return ((owners.unsqueeze(2) == owners.unsqueeze(1)) & earlier).unsqueeze(1)


def _close(found: Tensor, expected: Tensor) -> bool:
    scale = float(expected.abs().max()) or 1.0
    return found.shape == expected.shape and float((found - expected).abs().max()) <= _TOLERANCE * scale
