"""Networks whose states cannot be reused are refused with a reason: refused, not wrong."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from burnish.training.frozen import Refused, open_frozen_part
from tests.training.toys import WIDTH, Block, Toy, toy_collate, toy_examples, toy_model


class Remembering(Toy):
    """An upper block takes what a lower one left on the network."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        for number, layer in enumerate(self.layers):
            states = layer(states, mask)
            if number == 0:
                self.left = states
        return states + self.left


class RememberingInBlocks(Toy):
    """The lowest block hands something on to the uppermost, out of sight."""

    class Sharing(Block):
        number: int
        shared: dict[str, Tensor]

        def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
            states = super().forward(hidden_states, mask)
            if self.number == 0:
                self.shared["mean"] = states.mean()
            return states + self.shared["mean"] if self.number == 3 else states

    def __init__(self) -> None:
        super().__init__(self.Sharing)
        shared: dict[str, Tensor] = {}
        for number, layer in enumerate(self.layers):
            vars(layer).update(number=number, shared=shared)


class Weighing(Toy):
    """The head sees all blocks."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        seen = []
        for layer in self.layers:
            states = layer(states, mask)
            seen.append(states)
        return torch.stack(seen).mean(0)


class Repeating(Toy):
    """One block is called again and again, as in ALBERT."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        for _ in range(2):
            states = self.layers[0](states, mask)
        return super().run(states, mask)


class HandingOn(Toy):
    """Blocks return more than states."""

    class Handing(Block):
        def forward(self, hidden_states: Tensor, mask: Tensor, bias: Tensor | None = None) -> Any:
            states = super().forward(hidden_states, mask)
            return states, (states.mean(-1) if bias is None else bias)

    def __init__(self) -> None:
        super().__init__(self.Handing)

    def run(self, states: Tensor, mask: Tensor) -> Any:
        bias = None
        for layer in self.layers:
            states, bias = layer(states, mask, bias)
        assert bias is not None
        return states + bias.unsqueeze(-1)


class LookingAside(Toy):
    """Rows depend on the rows beside them."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        return super().run(states + states.mean((0, 1)), mask)


class LookingAtPadding(Toy):
    """Rows depend on their padding."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        states = super().run(states, mask)
        return states + states.amax(1, keepdim=True)


class Detaching(Toy):
    """What trains flows in where autograd does not see it."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(WIDTH, WIDTH)

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        return super().run(self.scale(states).detach(), mask)


class Shrinking(Toy):
    """Blocks see fewer and fewer tokens, so a row's states have the size that its batch gives them."""

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        states = states[:, ::2]
        shorter = mask[:, ::2]
        for layer in self.layers:
            states = layer(states, shorter)
        return states.repeat_interleave(2, 1)[:, : mask.shape[1]]


class Failing(Toy):
    """It works with its own states only."""

    def run(self, states: Tensor, mask: Tensor) -> Any:
        first = self.layers[0](states, mask)
        if torch.equal(first, states):
            raise ValueError("the first block changes nothing")
        for layer in list(self.layers)[1:]:
            first = layer(first, mask)
        return first


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (Remembering, "outputs would change"),
        (RememberingInBlocks, "outputs would change"),
        (Weighing, "outputs would change"),
        (LookingAside, "outputs would change"),
        (LookingAtPadding, "outputs would change"),
        (Repeating, "not called exactly once"),
        (HandingOn, "hand on more"),
        (Detaching, "autograd does not see"),
        (Shrinking, "depends on the rows beside it"),
        (Failing, "trying it failed: the first block changes nothing"),
    ],
)
def test_refused(network: type[Toy], reason: str) -> None:
    model = toy_model(network(), frozen=2)
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    modules = [list(vars(module)) for module in model.network.modules()]
    answer = open_frozen_part(model, toy_examples(), toy_collate)
    assert isinstance(answer, Refused), answer
    assert reason in answer.reason
    assert all(torch.equal(before[name], now) for name, now in model.network.state_dict().items())
    kept = [[name for name in vars(module) if name != "left"] for module in model.network.modules()]
    assert kept == modules


def test_a_head_that_has_not_the_last_word_is_refused() -> None:
    class Doubting(Toy):
        def answer(self, features: Tensor) -> Any:
            return self.head(features) * features.norm(dim=-1, keepdim=True)

    model = toy_model(Doubting(), frozen=4)
    assert "one call of its head" in refusal(model)


def refusal(model: Any, rows: int = 24) -> str:
    answer = open_frozen_part(model, toy_examples()[:rows], toy_collate)
    assert isinstance(answer, Refused), answer
    return answer.reason


def test_where_all_trains_there_is_nothing_to_reuse() -> None:
    assert "no block is below" in refusal(toy_model(Toy()))
    network = Toy()
    model = toy_model(network, frozen=2)
    network.embeddings.weight.requires_grad_(True)
    assert "no block is below" in refusal(model)


def test_too_few_rows_are_refused() -> None:
    model = toy_model(Toy(), frozen=2)
    assert "too few rows" in refusal(model, rows=1)
    same = [toy_examples()[3]] * 5
    answer = open_frozen_part(model, same, toy_collate)
    assert isinstance(answer, Refused), answer
    assert "too few different rows" in answer.reason
