"""From conversations to what a causal model takes: token ids, targets for what is learned, padded or packed batches."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from burnish.contracts import Batch, Example, LoadedModel, Rows
from burnish.errors import UserError
from burnish.models.causal_language import CausalNetwork, block_mask
from burnish.models.chat_template import ChatProcessor, Rendered, TemplateRefusesError

NO_TARGET = -100
WORTH_PACKING = 0.9  # pack a batch where at most this share of its padded tokens is left


def rendered_rows(model: LoadedModel, rows: Rows, longest: int, *, last: bool = False) -> list[Rendered]:
    """Every row's conversation with its answer, where it has one, as tokens.

    Args:
        model: Its processor has the template.
        rows: Rows with `messages`, and with an `answer` where that is known.
        longest: Most tokens.
        last: Mark the row's own answer alone, and not what the assistant said before.

    Raises:
        UserError: The template cannot render a row; it is named.
    """
    processor: ChatProcessor = model.processor
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(processor.told(row["messages"], row.get("answer", ""), longest, last=last))
        except TemplateRefusesError as error:
            raise UserError(
                f"the model's chat template cannot render a conversation: {error}",
                where=f"row {row.get('row', number)} (numbers as in check/ledger.csv)",
                fix="Correct or remove the row, or use a model whose template takes such conversations.",
            ) from None
    return found


def encode_conversations(model: LoadedModel, rows: Rows, *, last: bool = False) -> list[Example]:
    """Token ids of every row, with the next token as target wherever that is learned.

    Rows with an answer of which nothing is left to learn are left out; the check counts them.

    Args:
        model: Its processor has the template.
        rows: Rows with `messages`, and with an `answer` where that is known.
        last: Learn the row's own answer alone, and not what the assistant said before.
    """
    examples = []
    found = rendered_rows(model, rows, model.longest, last=last)
    for number, (row, one) in enumerate(zip(rows, found, strict=True)):
        if row.get("answer") and not any(one.learn[1:]):
            continue
        targets = [token if learn else NO_TARGET for token, learn in zip(one.ids[1:], one.learn[1:], strict=True)]
        examples.append(
            {
                "row": row.get("row", number),
                "place": number,
                "length": len(one.ids),
                "input_ids": list(one.ids),
                "targets": [*targets, NO_TARGET],
            }
        )
    return examples


def collate_conversations(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """Ids and targets, int64 (rows, tokens), padded to the longest; short conversations share a row where it pays.

    Those that share a row do not see each other, and each counts its places from 0.
    """
    lengths = [example["length"] for example in examples]
    longest = max(lengths)
    bins = bins_of(lengths, longest) if _may_pack(model) else []
    if not bins or len(bins) > WORTH_PACKING * len(examples):
        return _padded(model, examples, longest)
    ids = torch.full((len(bins), longest), model.processor.pad_token_id)
    targets, owners = torch.full_like(ids, NO_TARGET), torch.full_like(ids, -1)
    places = torch.zeros_like(ids)
    for line, numbers in enumerate(bins):
        begin = 0
        for number in numbers:
            end = begin + lengths[number]
            ids[line, begin:end] = torch.tensor(examples[number]["input_ids"])
            targets[line, begin:end] = torch.tensor(examples[number]["targets"])
            owners[line, begin:end] = number
            places[line, begin:end] = torch.arange(lengths[number])
            begin = end
    return {
        "input_ids": ids,
        "attention_mask": block_mask(owners),
        "position_ids": places,
        "owners": owners,
        "targets": targets,
    }


def bins_of(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Which examples share a row: the longest first, each into the first row that has room for it (first-fit)."""
    bins: list[list[int]] = []
    free: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda n: (-lengths[n], n)):
        line = next((line for line, left in enumerate(free) if left >= lengths[number]), len(bins))
        if line == len(bins):
            bins.append([])
            free.append(room)
        bins[line].append(number)
        free[line] -= lengths[number]
    return bins


def _may_pack(model: LoadedModel) -> bool:
    """Whether rows may hold several conversations: not where states of lower blocks are kept for each conversation."""
    network = model.network
    assert isinstance(network, CausalNetwork)
    lowest = network.get_submodule(model.blocks[0]) if model.blocks else network
    return network.packs and any(parameter.requires_grad for parameter in lowest.parameters())


def _padded(model: LoadedModel, examples: Sequence[Example], longest: int) -> Batch:
    padding = model.processor.pad_token_id
    lengths = torch.tensor([example["length"] for example in examples])

    def filled(key: str, value: int) -> torch.Tensor:
        return torch.tensor([[*example[key], *[value] * (longest - example["length"])] for example in examples])

    return {
        "input_ids": filled("input_ids", padding),
        "attention_mask": (torch.arange(longest) < lengths.unsqueeze(1)).long(),
        "targets": filled("targets", NO_TARGET),
    }
