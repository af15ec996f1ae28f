"""Write answers: many conversations at once, token by token, with the keys and values of what was read kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from burnish.contracts import LoadedModel
from burnish.models.causal_language import CausalNetwork
from burnish.models.chat_template import ChatProcessor

_NO_GAP = 1.0


@dataclass(kw_only=True)
class Written:
    """What was written to go on from some tokens.

    Attributes:
        ids: The tokens, without the one that ends the turn.
        log_probability: Natural logarithm of the probability of all tokens written, the last one included.
        tokens: How many these are.
        finished: Whether the turn was ended, and not cut at the limit.
        closest: The least gap between the probabilities of a chosen token and the next best: near 0, rounding decides.
    """

    ids: list[int]
    log_probability: float = 0.0
    tokens: int = 0
    finished: bool = False
    closest: float = _NO_GAP


def write_answers(
    model: LoadedModel, prompts: Sequence[Sequence[int]], *, temperature: float = 0.0, seed: int = 0
) -> list[Written]:
    """What the model writes after each prompt, until it ends its turn or has written its most tokens.

    Args:
        model: A causal language model; in evaluation mode, without gradients wanted.
        prompts: Token ids, none empty. All are computed together: choose those of similar length.
        temperature: 0 takes the most probable token each time; above 0 tokens are drawn.
        seed: Of the drawing; the same for the same prompts in the same order.
    """
    network, processor = model.network, model.processor
    assert isinstance(network, CausalNetwork)
    assert isinstance(processor, ChatProcessor)
    writer = _Writer(network, processor, prompts, temperature, seed)
    for _ in range(processor.longest_answer):
        if not writer.open:
            break
        writer.step()
    return writer.written


class _Writer:
    """Conversations that are being answered; those that have ended leave the batch."""

    def __init__(
        self,
        network: CausalNetwork,
        processor: ChatProcessor,
        prompts: Sequence[Sequence[int]],
        temperature: float,
        seed: int,
    ) -> None:
        from transformers import DynamicCache

        self._language = network.plain
        self._head = self._language.get_output_embeddings()
        self._stops = torch.tensor(sorted(stop_ids(self._language, processor)))
        self._temperature = temperature
        self._generator = torch.Generator().manual_seed(seed)
        self._device = next(network.parameters()).device
        self._cache = DynamicCache(config=self._language.config)
        self.written = [Written(ids=[]) for _ in prompts]
        self.open = list(range(len(prompts)))
        longest = max(map(len, prompts))
        padding = processor.pad_token_id
        # Padding stands before the prompts, so that all of them end at the same place
        self._ids = torch.tensor([[padding] * (longest - len(p)) + list(p) for p in prompts], device=self._device)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=self._device)
        self._mask = (torch.arange(longest, device=self._device) >= longest - lengths.unsqueeze(1)).long()

    def step(self) -> None:
        """Write one token of every conversation that is open."""
        logits = self._logits()
        chosen, logarithms, gaps = self._choose(logits)
        ended = torch.isin(chosen, self._stops)
        for place, (number, token) in enumerate(zip(self.open, chosen.tolist(), strict=True)):
            one = self.written[number]
            one.log_probability += float(logarithms[place])
            one.tokens += 1
            one.closest = min(one.closest, float(gaps[place]))
            one.finished = bool(ended[place])
            if not one.finished:
                one.ids.append(token)
        stay = (~ended).nonzero().squeeze(1)
        if len(stay) < len(self.open):
            self.open = [self.open[place] for place in stay.tolist()]
            self._cache.batch_select_indices(stay.to(self._device))
            self._mask = self._mask[stay.to(self._device)]
        self._ids = chosen[stay].unsqueeze(1).to(self._device)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self._mask), 1)], dim=1)

    def _logits(self) -> Tensor:
        """Of the next token, float32 (open, vocabulary), on the processor."""
        new = self._ids.shape[1]
        places = (self._mask.cumsum(dim=1) - 1).clamp(min=0)[:, -new:]
        states = self._language.base_model(
            input_ids=self._ids,
            attention_mask=self._mask,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        return self._head(states[:, -1]).float().cpu()  # type: ignore[no-any-return]

    def _choose(self, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The next tokens, the logarithms of their probabilities, and the gaps to the next best."""
        shares = torch.log_softmax(logits, dim=-1)
        best = shares.topk(2, dim=-1)
        if self._temperature > 0:
            drawn = torch.multinomial(torch.softmax(logits / self._temperature, dim=-1), 1, generator=self._generator)
            chosen = drawn.squeeze(1)
            return chosen, shares.gather(1, drawn).squeeze(1), torch.full((len(chosen),), _NO_GAP)
        gaps = best.values.exp()
        return best.indices[:, 0], best.values[:, 0], gaps[:, 0] - gaps[:, 1]


def stop_ids(language: Any, processor: ChatProcessor) -> set[int]:
    """Tokens that end an answer: what the model, its tokenizer and its template say."""
    told = getattr(getattr(language, "generation_config", None), "eos_token_id", None)
    found = {int(told)} if isinstance(told, int) else set(map(int, told or ()))
    if processor.tokenizer.eos_token_id is not None:
        found.add(int(processor.tokenizer.eos_token_id))
    if processor.end_of_turn:
        found.add(int(processor.tokenizer.convert_tokens_to_ids(processor.end_of_turn)))
    return found
