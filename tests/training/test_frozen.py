"""What does not train is computed once and reused: the same weights come out, and the network stays what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from burnish.adapting.groups import grouped_by_depth
from burnish.contracts import Batch, LoadedModel
from burnish.events import Progress, finish
from burnish.tasks.text_classification import TASK
from burnish.training import frozen as frozen_module
from burnish.training.features import cached_features
from burnish.training.forward import HeadInputs, forward_rows
from burnish.training.frozen import FrozenPart, frozen_boundary, open_frozen_part
from burnish.training.lesson import Lesson
from burnish.training.loop import Training, begin_training, train_epoch
from burnish.training.random_state import random_states
from burnish.training.settings import TrainingSettings
from tests.making import make_encoder
from tests.training.schooling import differing, open_school, switch_dropout_off
from tests.training.toys import (
    Block,
    Toy,
    image_collate,
    image_examples,
    image_model,
    toy_collate,
    toy_examples,
    toy_model,
)

KINDS = ("bert", "roberta", "distilbert", "modernbert", "vit", "toy")
BLOCKS = 4


@dataclass(frozen=True, kw_only=True)
class Course:
    """A model of some kind, of which only what lies above `lowest` trains, and rows."""

    model: LoadedModel
    lesson: Lesson
    training: Training

    def open(self, **options: Any) -> FrozenPart:
        """Its frozen part, which there must be."""
        part = open_frozen_part(self.model, self.lesson.examples, self.lesson.collate, **options)
        assert isinstance(part, FrozenPart), part
        return part

    def batch(self, *rows: int) -> Batch:
        """A batch of some of its rows."""
        return self.lesson.collate(self.model, [self.lesson.examples[row] for row in rows or range(6)])

    def weights(self) -> dict[str, Tensor]:
        """A copy of all weights."""
        return {name: tensor.clone() for name, tensor in self.model.network.state_dict().items()}

    def train(self, steps: int) -> None:
        """Train some steps."""
        done = 0
        while done < steps:
            for _ in train_epoch(self.training, self.lesson):
                done += 1
                if done == steps:
                    break


Open = Callable[..., Course]


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    kinds = [kind for kind in KINDS if kind not in {"vit", "toy"}]
    return {kind: make_encoder(tmp_path_factory.mktemp(kind), kind=kind, layers=BLOCKS) for kind in kinds}


@pytest.fixture
def course(encoders: dict[str, Path]) -> Open:
    """Opens courses: (kind, lowest depth that trains, 0 for the embeddings, BLOCKS + 1 for the head)."""

    def opened(kind: str, lowest: int, *, dropout: bool = False, bf16: bool = False) -> Course:
        settings = TrainingSettings(device="cpu", threads=1, batch_size=4, learning_rate=0.01)
        if kind in encoders:
            school = open_school(encoders[kind], dropout=dropout, learning_rate=0.01)
            model, lesson = school.model, replace(school.lesson, settings=settings, bf16=bf16)
            torch.manual_seed(1)
            nn.init.normal_(model.network.get_submodule("head").weight, std=0.1)  # type: ignore[arg-type]
        else:
            model = image_model() if kind == "vit" else toy_model(Toy())
            if not dropout:
                switch_dropout_off(model.network)
            lesson = Lesson(
                examples=image_examples() if kind == "vit" else toy_examples(),
                weights=[1.0] * 24,
                collate=image_collate if kind == "vit" else toy_collate,
                loss=TASK.loss,
                settings=settings,
                bf16=bf16,
                seed=0,
            )
        training = begin_training(model, grouped_by_depth(model, lowest=lowest), settings)
        return Course(model=model, lesson=lesson, training=training)

    return opened


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("lowest", "boundary"), [(0, None), (1, 0), (2, 1), (4, 3), (BLOCKS + 1, BLOCKS)])
def test_the_boundary_is_found(course: Open, kind: str, lowest: int, boundary: int | None) -> None:
    opened = course(kind, lowest, dropout=True)
    model, weights, states = opened.model, opened.weights(), random_states()
    model.network.train()
    model.network.get_submodule(model.blocks[1]).eval()
    modes = {name: module.training for name, module in model.network.named_modules()}
    found = frozen_boundary(model, opened.batch())
    assert found == ("" if boundary is None else [*model.blocks, model.head][boundary])
    assert not differing(weights, opened.weights())
    assert all(torch.equal(states[name], now) for name, now in random_states().items())
    assert modes == {name: module.training for name, module in model.network.named_modules()}
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.network.modules())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lowest", [2, 3, BLOCKS + 1])
def test_training_comes_to_the_same_weights(course: Open, kind: str, lowest: int) -> None:
    ordinary, quick = course(kind, lowest), course(kind, lowest)
    before = ordinary.weights()
    ordinary.train(5)
    with quick.open(half=False):
        quick.train(5)
    expected, found = ordinary.weights(), quick.weights()
    trained = set(ordinary.training.trained())
    assert len(trained) >= 2
    assert not set(differing(before, found)) - trained  # what is frozen has not changed by a bit
    assert set(differing(before, found)) == set(differing(before, expected))
    for name in trained:
        # attention does not depend on the bias of its keys: its gradient is noise, which Adam makes large
        if "key.bias" not in name and "k_lin.bias" not in name and "k_proj.bias" not in name:
            assert (expected[name] - found[name]).abs().max() < 2e-5, name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lowest", [3, BLOCKS + 1])
def test_predictions_stay_the_same(course: Open, kind: str, lowest: int) -> None:
    opened = course(kind, lowest)
    model, examples, collate = opened.model, opened.lesson.examples, opened.lesson.collate
    expected = forward_rows(model, examples, collate)
    part = opened.open(half=False)
    finish(part.precompute(examples[:10], collate))
    with part:
        for _ in range(2):  # some rows are known, then all
            assert np.abs(forward_rows(model, examples, collate) - expected).max() < 1e-5
    with opened.open(half=False):  # from disk
        assert np.abs(forward_rows(model, examples[::-1], collate)[::-1] - expected).max() < 1e-5
    assert np.array_equal(forward_rows(model, examples, collate), expected)


@pytest.mark.parametrize("lowest", [3, BLOCKS + 1])
def test_what_is_frozen_is_not_computed_again(course: Open, lowest: int) -> None:
    opened = course("bert", lowest)
    model = opened.model
    calls: dict[str, int] = {}
    for block in model.blocks:

        def count(*_: Any, block: str = block) -> None:
            calls[block] = calls.get(block, 0) + 1

        next(model.network.get_submodule(block).children()).register_forward_hook(count)
    part = opened.open()
    progress = list(part.precompute(opened.lesson.examples, opened.lesson.collate))
    assert all(isinstance(event, Progress) for event in progress)
    assert progress[-1].done == progress[-1].total == 48  # type: ignore[union-attr]
    assert list(part.precompute(opened.lesson.examples, opened.lesson.collate)) == []
    calls.clear()
    with part:
        opened.train(3)
        forward_rows(model, opened.lesson.examples, opened.lesson.collate)
    assert set(calls) == set(model.blocks[lowest - 1 :])
    calls.clear()
    second = course("bert", lowest).open()  # another network of equal weights, another process as it were
    assert list(second.precompute(opened.lesson.examples, opened.lesson.collate)) == []


def test_other_weights_have_other_states(course: Open) -> None:
    first = course("bert", 3)
    finish(first.open().precompute(first.lesson.examples, first.lesson.collate))
    second = course("bert", 3)
    with torch.no_grad():
        next(second.model.network.get_submodule(second.model.blocks[0]).parameters())[0] += 1e-3
    done = [event.done for event in second.open().precompute(second.lesson.examples, second.lesson.collate)]  # type: ignore[union-attr]
    assert done[-1] == 48
    third = course("bert", 3)  # what lies above does not matter
    with torch.no_grad():
        for name, parameter in third.model.network.named_parameters():
            if name.startswith((*third.model.blocks[2:], "head", "encoder.pooler")):
                parameter.add_(1e-3)
    assert list(third.open().precompute(third.lesson.examples, third.lesson.collate)) == []


def test_bf16_is_trained_as_ever(course: Open) -> None:
    ordinary, quick = course("bert", 3, bf16=True), course("bert", 3, bf16=True)
    ordinary.train(5)
    part = quick.open(bf16=True)
    with part:
        quick.train(5)
    expected, found = ordinary.weights(), quick.weights()
    change = torch.cat([(expected[name] - found[name]).flatten() for name in quick.training.trained()]).abs()
    assert change.mean() < 2e-3  # of five steps of 0.01
    with part, torch.no_grad():  # in another precision it computes as ever
        computed = quick.model.network(**{k: v for k, v in quick.batch().items() if k != "targets"})
    assert torch.equal(
        computed, quick.model.network.eval()(**{k: v for k, v in quick.batch().items() if k != "targets"})
    )


def test_states_are_kept_in_half_precision_only_where_that_is_harmless(course: Open) -> None:
    assert "float16" in course("toy", 3).open().sentence
    assert "float32" in course("toy", 3).open(half=False).sentence
    assert "float32" in course("toy", BLOCKS + 1).open().sentence  # features are small

    class Far(Block):
        """Its states are small differences of large numbers, which float16 does not hold."""

        def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
            return super().forward(hidden_states - 100, mask) + 100

    network = Toy(Far)
    with torch.no_grad():
        network.embeddings.weight.add_(100)
    part = open_frozen_part(toy_model(network, frozen=2), toy_examples(), toy_collate)
    assert isinstance(part, FrozenPart), part
    assert "float32" in part.sentence


def test_states_that_half_precision_cannot_hold_are_computed_each_time() -> None:
    class Growing(Toy):
        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            states = self.layers[0](states, mask)
            states = self.layers[1](states * 1e6 ** (mask.sum(1) > 12).to(states.dtype)[:, None, None], mask)
            return self.layers[3](self.layers[2](states, mask), mask)  # type: ignore[no-any-return]

    model = toy_model(Growing(), frozen=2)
    switch_dropout_off(model.network)
    part = open_frozen_part(model, toy_examples(), toy_collate)
    assert isinstance(part, FrozenPart), part
    assert "float16" in part.sentence
    longer = [{"row": 99, "length": 13, "input_ids": [5] * 13, "targets": 0}]
    expected = forward_rows(model, longer, toy_collate)
    with part:
        found = forward_rows(model, longer, toy_collate)
    assert np.isfinite(expected).all()
    assert np.allclose(found, expected, rtol=1e-4)


def test_the_network_is_left_as_it_was(course: Open) -> None:
    opened = course("bert", 3)
    network = opened.model.network

    def seen() -> list[tuple[int, list[str], int, int, bool]]:
        return [
            (id(m), list(vars(m)), len(m._forward_hooks), len(m._forward_pre_hooks), m.training)
            for m in network.modules()
        ]

    network.train()
    before, own = seen(), network.forward
    part = opened.open()
    assert seen() == before
    with part:
        assert seen() != before
        with pytest.raises(ValueError, match="at work already"):
            part.__enter__()
    assert seen() == before
    with pytest.raises(KeyboardInterrupt), part:
        raise KeyboardInterrupt
    assert seen() == before

    def wrapped(**inputs: Tensor) -> Any:  # as accelerate wraps it
        return own(**inputs)

    vars(network)["forward"] = wrapped
    with pytest.raises(RuntimeError, match="size"), part:
        network(input_ids=torch.ones(2, 70, dtype=torch.int64), attention_mask=torch.ones(2, 70, dtype=torch.int64))
    assert vars(network)["forward"] is wrapped


def test_a_call_that_fails_leaves_no_states_behind(course: Open) -> None:
    opened = course("bert", 3)
    model = opened.model
    batch = {name: tensor for name, tensor in opened.batch().items() if name != "targets"}
    expected = model.network(**batch)
    part = opened.open(half=False)
    top = model.network.get_submodule(model.blocks[3])

    def fail(*_: Any) -> None:
        raise ArithmeticError

    with part:
        hook = top.register_forward_hook(fail)
        with pytest.raises(ArithmeticError):
            model.network(**batch)
        hook.remove()
        assert part._reused is None
        assert torch.allclose(model.network(**batch), expected, atol=1e-5)


@pytest.mark.parametrize("lowest", [3, BLOCKS + 1])
def test_states_are_computed_without_dropout_even_while_training(course: Open, lowest: int) -> None:
    opened = course("bert", lowest, dropout=True)
    network = opened.model.network
    batch = {name: tensor for name, tensor in opened.batch().items() if name != "targets"}
    expected = network.eval()(**batch)
    with opened.open(half=False):
        network.train()(**batch)  # computes the rows that are not known yet
        assert network.training
        assert torch.allclose(network.eval()(**batch), expected, atol=1e-5)
        random = random_states()["cpu"]
        network(**batch)
        assert torch.equal(random_states()["cpu"], random)


@pytest.mark.parametrize("lowest", [3, BLOCKS + 1])
def test_recomputing_blocks_to_save_memory_gives_the_same_gradients(course: Open, lowest: int) -> None:
    gradients = []
    for recompute in (False, True):
        opened = course("bert", lowest)
        if recompute:
            encoder: Any = opened.model.network.get_submodule("encoder")
            encoder.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        opened.model.network.train()
        part = opened.open(half=False)
        assert (part.place.module == "head") == (lowest > BLOCKS)
        with part:
            for _ in range(2):
                opened.training.optimizer.zero_grad()
                outputs = opened.model.network(**{k: v for k, v in opened.batch().items() if k != "targets"})
                outputs.square().sum().backward()
        gradients.append({name: p.grad for name, p in opened.training.trained().items()})
    for name, gradient in gradients[0].items():
        recomputed = gradients[1][name]
        assert gradient is not None
        assert recomputed is not None
        assert torch.allclose(gradient, recomputed, atol=1e-6), name


def test_what_begins_to_train_later_is_computed_from_then_on(course: Open) -> None:
    opened = course("bert", 3)
    model = opened.model
    part = opened.open()
    finish(part.precompute(opened.lesson.examples, opened.lesson.collate))
    weight = model.network.get_parameter(f"{model.blocks[0]}.output.dense.weight")
    with part:
        weight.requires_grad_(True)
        model.network(**{k: v for k, v in opened.batch().items() if k != "targets"}).sum().backward()
    assert weight.grad is not None
    assert weight.grad.abs().max() > 0


def test_blocks_that_a_network_leaves_out_at_random_stay_right() -> None:
    class Dropping(Toy):
        skipped = False

        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            for number, layer in enumerate(self.layers):
                if not (self.skipped and number == 1):
                    states = layer(states, mask)
            return states

    network = Dropping()
    model = toy_model(network, frozen=2)
    switch_dropout_off(network)
    part = open_frozen_part(model, toy_examples(), toy_collate)
    assert isinstance(part, FrozenPart), part
    network.skipped = True
    expected = forward_rows(model, toy_examples(), toy_collate)
    network.skipped = False
    finish(part.precompute(toy_examples(), toy_collate))
    network.skipped = True
    with part:
        assert np.allclose(forward_rows(model, toy_examples(), toy_collate), expected, atol=1e-6)


def test_blocks_may_return_tuples(course: Open) -> None:
    class Old(Block):
        def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
            return (super().forward(hidden_states, mask), None)

    class Unpacking(Toy):
        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            for layer in self.layers:
                states, nothing = layer(hidden_states=states, mask=mask)
                assert nothing is None
            return states

    model = toy_model(Unpacking(Old), frozen=3)
    part = open_frozen_part(model, toy_examples(), toy_collate)
    assert isinstance(part, FrozenPart), part
    expected = forward_rows(model, toy_examples(), toy_collate)
    with part:
        assert np.allclose(forward_rows(model, toy_examples(), toy_collate), expected, atol=1e-3)


def test_updates_inside_the_upper_blocks_only(course: Open) -> None:
    """As LoRA does: the base weights of all blocks are frozen, and something small beside the upper ones trains."""

    class Updated(nn.Module):
        def __init__(self, base: nn.Linear) -> None:
            super().__init__()
            self.base = base
            self.down, self.up = nn.Linear(base.in_features, 2), nn.Linear(2, base.out_features)

        def forward(self, states: Tensor) -> Any:
            return self.base(states) + self.up(self.down(states))

    model = course("distilbert", BLOCKS + 1).model
    third: Any = model.network.get_submodule(model.blocks[2])
    third.attention.v_lin = Updated(third.attention.v_lin)
    opened = course("distilbert", BLOCKS + 1)
    assert frozen_boundary(model, opened.batch()) == model.blocks[2]
    part = open_frozen_part(model, opened.lesson.examples, TASK.collate)
    assert isinstance(part, FrozenPart), part
    assert part.place.module == model.blocks[1]
    # What an upper norm alone trains leaves the whole of the blocks below it
    for parameter in third.parameters():
        parameter.requires_grad_(False)
    last: Any = model.network.get_submodule(model.blocks[3])
    last.output_layer_norm.weight.requires_grad_(True)
    part = open_frozen_part(model, opened.lesson.examples, TASK.collate)
    assert isinstance(part, FrozenPart), part
    assert part.place.module == model.blocks[2]


def test_all_blocks_frozen_and_something_above_them_trains(course: Open) -> None:
    opened = course("modernbert", BLOCKS + 1)
    model = opened.model
    model.network.get_parameter("encoder.final_norm.weight").requires_grad_(True)
    assert frozen_boundary(model, opened.batch()) == model.blocks[-1]
    part = opened.open(half=False)
    assert part.place.module == model.blocks[-1]
    assert f"the lowest {BLOCKS} of {BLOCKS}" in part.sentence


def test_features_of_baselines_are_those_of_a_head_that_trains(course: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    first = course("roberta", 0)
    found = cached_features(first.model, first.lesson.examples[:40], TASK.collate, "digest")
    second = course("roberta", BLOCKS + 1)
    part = second.open()
    assert [event.done for event in part.precompute(second.lesson.examples, TASK.collate)] == [48]  # type: ignore[union-attr]
    with part, HeadInputsOf(second.model) as network, torch.no_grad():
        batch = TASK.collate(second.model, second.lesson.examples[:5])
        assert np.abs(network(**{k: v for k, v in batch.items() if k != "targets"}).numpy() - found[:5]).max() < 1e-5


class HeadInputsOf:
    """A network that answers with features, for a while."""

    def __init__(self, model: LoadedModel) -> None:
        self.network = HeadInputs(model)

    def __enter__(self) -> HeadInputs:
        return self.network

    def __exit__(self, *_: object) -> None:
        self.network.remove()


def test_an_objective_on_features_trains_through_it(course: Open) -> None:
    opened = course("bert", 3)
    with opened.open(half=False), HeadInputsOf(opened.model) as network:
        features = network(**{k: v for k, v in opened.batch().items() if k != "targets"})
        features.sum().backward()
    assert features.shape == (6, 32)
    assert any(p.grad is not None for p in opened.training.trained().values())


def test_wrong_states_on_disk_are_found_out(course: Open) -> None:
    opened = course("bert", 3)
    part = opened.open(half=False)
    finish(part.precompute(opened.lesson.examples, opened.lesson.collate))
    store = part._store
    wrong = {key: store.get(key) + 1 for key in list(store._index)}
    store.clear()
    store.add(wrong)
    store.flush()
    store.close()
    again = opened.open(half=False)
    expected = forward_rows(opened.model, opened.lesson.examples, opened.lesson.collate)
    with again:
        found = forward_rows(opened.model, opened.lesson.examples, opened.lesson.collate)
    assert np.abs(found - expected).max() < 1e-5


def test_what_the_disk_refuses_is_told(course: Open, own_cache: Path) -> None:
    own_cache.mkdir(exist_ok=True)
    (own_cache / "states").write_text("a file in its place")
    opened = course("bert", 3)
    part = opened.open()
    events = list(part.precompute(opened.lesson.examples, opened.lesson.collate))
    assert "in memory only" in events[-1].text  # type: ignore[union-attr]
    assert list(part.notes()) == []
    with part:
        opened.train(2)


def test_large_batches_are_computed_in_parts(course: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = course("bert", 3)
    part = opened.open()
    computed = part._computed

    def small(inputs: Any) -> Tensor:
        if len(inputs["input_ids"]) > 5:
            raise MemoryError
        return computed(inputs)

    monkeypatch.setattr(part, "_computed", small)
    monkeypatch.setattr(frozen_module, "units_at_once", lambda _model: 200)
    events = list(part.precompute(opened.lesson.examples, opened.lesson.collate))
    assert events[-1].done == 48  # type: ignore[union-attr]
    assert len(part._store) == 48
