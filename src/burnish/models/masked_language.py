"""Text encoders that predict masked words (Devlin et al. 2019), to go on pre-training them (Gururangan et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from burnish.contracts import Batch, Example, LoadedModel, Rows
from burnish.errors import UserError
from burnish.language_model import LanguageModel
from burnish.models.text_encoder import PooledEncoder, load_text_encoder, save_encoder

_MASKED, _REPLACED = 0.8, 0.1  # of the chosen tokens; the others stay as they are


class MaskedLanguageNetwork(nn.Module):
    """A library's masked-language model that answers for the chosen tokens only.

    The vocabulary is wide: what the head says of all tokens would take many times the memory.

    Args:
        masked: A transformers model for masked language modelling.
    """

    def __init__(self, masked: nn.Module) -> None:
        super().__init__()
        self.masked = masked

    def forward(self, input_ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
        """Logits, float (chosen tokens, vocabulary), in the order of rows and tokens.

        Args:
            input_ids: int64 (rows, tokens).
            attention_mask: 1 for a token, 0 for padding.
            chosen: True for the tokens to predict.
        """

        def only_chosen(_body: nn.Module, _inputs: Any, output: Any) -> Any:
            output.last_hidden_state = output.last_hidden_state[chosen].unsqueeze(0)
            return output

        body: Any = self.masked.base_model
        hook = body.register_forward_hook(only_chosen)  # every such head takes each token's state by itself
        try:
            logits: Tensor = self.masked(input_ids=input_ids, attention_mask=attention_mask).logits
        finally:
            hook.remove()
        return logits.squeeze(0)


def open_masked_language(folder: Path, longest: int, role: str) -> LanguageModel:
    """Open an encoder for masked language modelling.

    Args:
        folder: Holds config.json, weights and tokenizer files; a head for masked words, or none.
        longest: Most tokens an input may have; 0 takes the model's own limit, at most 512.
        role: The role of the text in the rows.

    Raises:
        UserError: The folder holds no text encoder, or one that cannot predict masked words.
    """
    encoder = load_text_encoder(folder, 1, longest)
    if encoder.processor.mask_token_id is None:
        raise _refused(folder, "its tokenizer has no mask token")
    masked, new_head = _load_masked(folder)
    network = MaskedLanguageNetwork(masked).eval()
    body = f"masked.{masked.base_model_prefix}"
    model = LoadedModel(
        network=network,
        processor=encoder.processor,
        body=body,
        head=next(name for name, module in network.named_modules() if module is masked.get_output_embeddings()),
        blocks=(),
        adaptable=(),
        embeddings=next(name for name, module in network.named_modules() if module is masked.get_input_embeddings()),
        longest=encoder.longest,
    )
    return LanguageModel(
        model=model,
        head=tuple(name for name, _ in network.named_parameters() if not name.startswith(f"{body}.")),
        new_head=new_head,
        encode=partial(_encode, model, role),
        hide=partial(mask_tokens, _ordinary_tokens(model.processor), model.processor.mask_token_id),
        collate=collate_masked,
        loss=masked_loss,
        save=partial(_save, masked, folder),
    )


def mask_tokens(
    ordinary: Tensor, mask: int, example: Example, share: float, generator: torch.Generator | None
) -> Example:
    """An example with tokens hidden as in BERT: of those chosen, 80% masked, 10% replaced, 10% left as they are.

    Args:
        ordinary: Ids to replace tokens with: all but the special ones, int64 (ids,).
        mask: Id of the mask token.
        example: With `input_ids`, and `ordinary`, the positions of the tokens that may be chosen (at least one).
        share: Share of these that is chosen; at least one is.
        generator: Draws; None: torch's own generator.

    Returns:
        The example with changed `input_ids`, the positions `chosen`, and their tokens as `targets`.
    """
    positions = torch.tensor(example["ordinary"])
    count = max(1, round(share * len(positions)))
    chosen = positions[torch.randperm(len(positions), generator=generator)[:count]].sort().values
    fate = torch.rand(count, generator=generator)
    others = ordinary[torch.randint(len(ordinary), (count,), generator=generator)]
    ids = torch.tensor(example["input_ids"])
    targets = ids[chosen]
    ids[chosen] = torch.where(fate < _MASKED + _REPLACED, others, targets)
    ids[chosen[fate < _MASKED]] = mask
    return {**example, "input_ids": ids.tolist(), "chosen": chosen.tolist(), "targets": targets.tolist()}


def collate_masked(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """A batch of examples with masked tokens, padded on the right; targets int64 (chosen tokens,), row after row."""
    longest = max(example["length"] for example in examples)
    ids = torch.full((len(examples), longest), model.processor.pad_token_id)
    chosen = torch.zeros(ids.shape, dtype=torch.bool)
    for row, example in enumerate(examples):
        ids[row, : example["length"]] = torch.tensor(example["input_ids"])
        chosen[row, example["chosen"]] = True
    lengths = torch.tensor([example["length"] for example in examples])
    return {
        "input_ids": ids,
        "attention_mask": (torch.arange(longest) < lengths.unsqueeze(1)).long(),
        "chosen": chosen,
        "targets": torch.tensor([target for example in examples for target in example["targets"]]),
    }


def masked_loss(outputs: Any, batch: Batch, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the chosen tokens, summed by row, and their number, both float (rows,)."""
    chosen = batch["chosen"].to(outputs.device)
    losses = functional.cross_entropy(
        outputs.float(), batch["targets"].to(outputs.device), reduction="none", label_smoothing=label_smoothing
    )
    by_token = torch.zeros(chosen.shape, device=outputs.device).masked_scatter(chosen, losses)
    return by_token.sum(1), chosen.sum(1).float()


def _encode(model: LoadedModel, role: str, rows: Rows) -> list[Example]:
    encoded = model.processor([row[role] for row in rows], truncation=True, max_length=model.longest)
    special = set(model.processor.all_special_ids)  # the token for unknown words is one of them
    examples = []
    for number, (row, ids) in enumerate(zip(rows, encoded["input_ids"], strict=True)):
        ordinary = [position for position, token in enumerate(ids) if token not in special]
        if ordinary:
            example = {"row": row.get("row", number), "length": len(ids), "input_ids": ids, "ordinary": ordinary}
            examples.append(example)
    return examples


def _ordinary_tokens(tokenizer: Any) -> Tensor:
    return torch.tensor(sorted({*tokenizer.get_vocab().values()} - {*tokenizer.all_special_ids}))


def _load_masked(folder: Path) -> tuple[Any, bool]:
    """The network, and whether its head is new because the folder has no weights for it."""
    from transformers import AutoModelForMaskedLM

    def load(**settings: bool) -> tuple[Any, bool]:
        network, info = AutoModelForMaskedLM.from_pretrained(
            str(folder),
            dtype=torch.float32,
            output_loading_info=True,
            trust_remote_code=False,
            local_files_only=True,
            **settings,
        )
        return network, bool(info["missing_keys"])  # the body's are all there: it was loaded before

    try:
        network, new_head = load()
        if new_head:  # a decoder of its own would have to be learned, word by word
            network, _ = load(tie_word_embeddings=True)
    except Exception as error:  # transformers raises OSError, ValueError, RuntimeError and safetensors' own
        raise _refused(folder, (str(error).strip().splitlines() or [type(error).__name__])[0]) from error
    if network.base_model is network or network.get_output_embeddings() is None:
        raise _refused(folder, f"a {network.config.model_type!r} model has no head for words")
    return network, new_head


def _refused(folder: Path, reason: str) -> UserError:
    return UserError(
        f"this model cannot go on learning to predict masked words: {reason}",
        where=str(folder),
        fix="Leave out `pretraining`, or use a model of another kind: BERT, RoBERTa, DistilBERT, ModernBERT, MiniLM.",
    )


def _save(masked: Any, source: Path, folder: Path) -> None:
    """Write the encoder that `source` holds with the weights of the body; what the body has not (a pooler) stays."""
    found = load_text_encoder(source, 1, 0)
    network = found.network
    assert isinstance(network, PooledEncoder)
    missing, unexpected = network.encoder.load_state_dict(masked.base_model.state_dict(), strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith("pooler.") for name in missing), missing
    save_encoder(network.encoder, found.processor, network.pooling, folder)
