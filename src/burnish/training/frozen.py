"""Compute what lies under everything that trains once per row, and reuse it.

Training and predicting call the network as ever; its lower blocks hand on states that were computed before. Whatever
method froze them: only `requires_grad` counts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from burnish.contracts import Batch, Example, LoadedModel
from burnish.events import Note, Progress, Work
from burnish.training.batches import reading_batches
from burnish.training.forward import Collate, device_of, units_at_once
from burnish.training.frozen_place import (
    Place,
    Unfit,
    behind,
    depended_on,
    find_place,
    flowing,
    hidden_of,
    identity,
    resting,
    watch,
)
from burnish.training.memory import in_parts
from burnish.training.state_rows import MASK, Form, form_of, row_keys
from burnish.training.state_store import StateStore

_TO_TRY, _LEAST = 6, 2  # rows
_TOLERANCE, _TOLERANCE_HALF, _TOLERANCE_BF16 = 1e-4, 1e-3, 3e-2  # of the scale, see _difference
_STRUCTURE_FAULTS = (RuntimeError, TypeError, ValueError, LookupError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Why states are not reused; training goes on without."""

    reason: str


def frozen_boundary(model: LoadedModel, batch: Batch) -> str:
    """Name of the uppermost of the blocks and the head whose input depends on nothing that trains; "" for none."""
    with torch.enable_grad():
        inputs = watch(model, batch).inputs
    trains = {id(parameter) for parameter in model.network.parameters()}
    names = [name for name in (*model.blocks, model.head) if name in inputs]
    return next((name for name in reversed(names) if not any(behind(states) & trains for states in inputs[name])), "")


def open_frozen_part(
    model: LoadedModel, examples: Sequence[Example], collate: Collate, *, bf16: bool = False, half: bool = True
) -> FrozenPart | Refused:
    """Find what of a network does not depend on anything that trains, and try on a few rows whether reusing is right.

    Args:
        model: On its device, with `requires_grad` as it will be trained. Left as it is.
        examples: Some of them are tried.
        collate: The task's.
        bf16: Whether the network will run under autocast.
        half: Whether fp32 states may be kept as float16 where outputs stay the same within a thousandth.
    """
    tried = _spread(examples)
    with _precision(model, bf16):
        try:
            if len(tried) < _LEAST:
                raise Unfit("there are too few rows to try it on")
            few = collate(model, tried[:2])
            place = find_place(model, few)
            names = depended_on(model, few, place)
            name = identity(model, place, names, bf16=bf16)
            form = _form(model, place, few, collate(model, tried[-1:]))
            below = [p for key, p in model.network.named_parameters() if key in names and not p.requires_grad]
            halves = half and place.tails and not bf16 and form.kept == torch.float32
            for kept in (torch.float16, form.kept) if halves else (form.kept,):
                part = FrozenPart(model, place, replace(form, kept=kept), name, below, bf16=bf16)
                if not (trouble := part.trouble(tried, collate)):
                    return part
        except Unfit as unfit:
            trouble = str(unfit)
        except _STRUCTURE_FAULTS as error:
            trouble = f"trying it failed: {(str(error).splitlines() or [type(error).__name__])[0]}"
    return Refused(reason=f"states of frozen layers are not reused: {trouble}")


def open_store(name: str, form: Form) -> StateStore:
    """The store of states of a form; `name` names all that they depend on besides the row."""
    return StateStore(f"{name}|{form.by_token}", form.width, form.in_numpy)


class FrozenPart:
    """The part of a network below all that trains: within `with part:` its states are reused.

    Rows that are not known are computed when they come, without dropout. Made by `open_frozen_part`.
    """

    def __init__(
        self, model: LoadedModel, place: Place, form: Form, name: str, below: list[nn.Parameter], *, bf16: bool
    ) -> None:
        self.place = place
        self._below = below
        self._model, self._form, self._bf16 = model, form, bf16
        self._store = open_store(name, form)
        self._reused: Tensor | None = None  # on its way to the uppermost bypassed block
        self._plain: Callable[..., Any] = model.network.forward
        self._installed = False
        self._usable = True
        self._notes: list[str] = []

    @property
    def sentence(self) -> str:
        """What is done, for the log."""
        blocks, frozen = len(self._model.blocks), len(self.place.tails)
        what = (
            f"the lowest {frozen} of {blocks} blocks do not train: their states"
            if frozen
            else "only the head trains: features"
        )
        kept = str(self._form.kept).removeprefix("torch.")
        return f"{what} are computed once per row, without dropout, and reused (kept as {kept})"

    def __enter__(self) -> Self:
        work = self._reusing()
        work.__enter__()
        self._work = work
        return self

    def __exit__(self, *_: object) -> None:
        self._work.__exit__(None, None, None)
        self._store.flush()
        self._store.close()

    def precompute(self, examples: Sequence[Example], collate: Collate) -> Work[None]:
        """Compute the states of all examples that are not known yet, in batches of similar length."""

        def fill(indices: Sequence[int]) -> int:
            known = len(self._store)
            self._rows(self._inputs(collate(self._model, [examples[index] for index in indices])))
            return len(self._store) - known

        done = 0
        units = units_at_once(self._model)
        for indices in reading_batches([example["length"] for example in examples], units):
            if self._store.full or not self._usable:
                break
            computed = sum(part.result for part in in_parts(indices, fill))
            done += len(indices)
            if computed:
                yield Progress(work="computing what does not train", done=done, total=len(examples))
        self._store.flush()
        yield from self.notes()

    def notes(self) -> Iterator[Note]:
        """What did not go as it should, each told once, for the log."""
        for notes in (self._notes, self._store.notes):
            while notes:
                yield Note(text=notes.pop(0), level="warning")

    def trouble(self, examples: Sequence[Example], collate: Collate) -> str:
        """Why reusing would be wrong for this network; "" where it is right."""
        if len(set(row_keys(self._inputs(collate(self._model, examples))))) < 2:
            return "there are too few different rows to try it on"
        half = self._form.kept != self._form.flowing
        most = _TOLERANCE_BF16 if self._bf16 else _TOLERANCE_HALF if half else _TOLERANCE
        had_some = len(self._store) > 0
        change = self._change(examples, collate)
        if had_some and not change <= most:
            self._store.forget()
            change = self._change(examples, collate)
            if change <= most:  # those on disk were wrong
                self._store.clear()
        if self._usable and change <= most:
            return ""
        self._store.forget()
        self._store.close()
        return f"outputs would change by {change:.1e} of what rows differ by"

    def _change(self, examples: Sequence[Example], collate: Collate) -> float:
        """How much reusing changes what flows into the head and what comes out, see `_difference`."""
        head = self._model.head
        # In another order, and with less padding, than when the states are computed
        batches = [collate(self._model, rows) for rows in (examples[::-1], examples[: len(examples) // 2 + 1])]
        with torch.no_grad():
            self._rows(self._inputs(collate(self._model, examples)))
            # All as it is first: what a network remembers of its last batch is of other rows when states are reused
            expected = [watch(self._model, batch) for batch in batches]
            with self._reusing():
                found = [watch(self._model, batch) for batch in batches]
        changes = [0.0]
        for batch, one, other in zip(batches, expected, found, strict=True):
            pairs = [
                *zip(one.inputs.get(head, ()), other.inputs.get(head, ()), strict=True),
                *zip(_tensors(one.result), _tensors(other.result), strict=True),
            ]
            changes += [_difference(*pair, batch.get(MASK)) for pair in pairs]
        return max(changes)

    @contextlib.contextmanager
    def _reusing(self) -> Iterator[None]:
        """Stand in for the network's `forward` and those of the frozen blocks; afterwards they are as they were."""
        if self._installed:
            raise ValueError("the frozen part is at work already")
        network = self._model.network
        self._plain = network.forward
        blocks = {name: network.get_submodule(name) for name in self.place.tails}
        ours = {block: self._bypass(name, block.forward) for name, block in blocks.items()} | {network: self._forward}
        before = {module: vars(module)["forward"] for module in ours if "forward" in vars(module)}
        self._installed = True
        for module, forward in ours.items():
            vars(module)["forward"] = forward
        try:
            yield
        finally:
            for module in ours:
                del vars(module)["forward"]
            for module, forward in before.items():
                vars(module)["forward"] = forward
            self._installed = False

    def _forward(self, *args: Any, **inputs: Any) -> Any:
        """The network's answer, from kept states where that is possible."""
        if args or not self._reusable(inputs) or (rows := self._rows(inputs)) is None:
            return self._plain(*args, **inputs)
        states = self._form.join(rows, inputs)
        if not self.place.tails:
            return self._model.network.get_submodule(self.place.module)(states)
        self._reused = states
        try:
            result = self._plain(**inputs)
            if self._reused is None:
                return result
        finally:
            self._reused = None
        return self._plain(**inputs)  # the network left a block out (at random, say): our states were not used

    def _bypass(self, name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        """What stands in for a block's `forward`: hands on what comes in or, the uppermost, the kept states."""
        tail, uppermost = self.place.tails[name], name == self.place.module

        def forward(*args: Any, **named: Any) -> Any:
            if self._reused is None:
                return plain(*args, **named)
            states = flowing(args, named)
            if uppermost:
                states, self._reused = self._reused, None
            return states if tail < 0 else (states, *[None] * tail)

        return forward

    def _reusable(self, inputs: Mapping[str, Any]) -> bool:
        """Whether a call is one that states are kept for: rows of tensors, in our precision, nothing below trains."""
        if not self._usable or not inputs or not all(isinstance(value, Tensor) for value in inputs.values()):
            return False
        if any(parameter.requires_grad for parameter in self._below):
            return False
        rows = {len(tensor) if tensor.ndim else 0 for tensor in inputs.values()}
        kind = next(iter(inputs.values())).device.type
        return len(rows) == 1 and 0 not in rows and torch.is_autocast_enabled(kind) == self._bf16

    def _rows(self, inputs: Mapping[str, Tensor]) -> list[np.ndarray] | None:
        """The states of every row, computed where they are not known; None where they cannot be kept as they must."""
        keys = row_keys(inputs)
        missing = [number for number, key in enumerate(keys) if key not in self._store]
        fresh: dict[bytes, np.ndarray] = {}
        if missing:
            if len(missing) < len(keys):
                inputs = {name: tensor[missing] for name, tensor in inputs.items()}
            rows = self._form.cut(self._computed(inputs), inputs)
            if rows is None:
                self._usable = False
                self._notes.append("states of some rows are of another kind: from here on they are computed each time")
                return None
            fresh = {keys[number]: row for number, row in zip(missing, rows, strict=True)}
            self._store.add(fresh)
        return [fresh[key] if key in fresh else self._store.get(key) for key in keys]

    def _computed(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The states of a batch by the network itself, which stops where it has them."""
        module = self._model.network.get_submodule(self.place.module)

        def before(_: nn.Module, args: Any, named: Any) -> None:
            raise _Reached(flowing(args, named))

        def after(_: nn.Module, __: Any, output: Any) -> None:
            raise _Reached(hidden_of(output))

        if self.place.tails:
            hook = module.register_forward_hook(after)
        else:
            hook = module.register_forward_pre_hook(before, with_kwargs=True)
        kind = device_of(self._model.network).type
        # Autocast would remember weights that it has cast without a gradient, and take them for training
        precision = torch.autocast(kind, torch.bfloat16, enabled=self._bf16, cache_enabled=False)
        with resting(self._model.network), torch.no_grad(), precision:
            try:
                self._plain(**inputs)
            except _Reached as reached:
                return reached.states
            finally:
                hook.remove()
        raise Unfit("the network does not come to its frozen part")

    def _inputs(self, batch: Batch) -> dict[str, Tensor]:
        device = device_of(self._model.network)
        return {name: tensor.to(device) for name, tensor in batch.items() if name != "targets"}


class _Reached(Exception):  # noqa: N818 - no error: how a pass ends early
    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states


def _spread(examples: Sequence[Example]) -> list[Example]:
    """A few examples of different lengths, the shortest and the longest among them."""
    ordered = sorted(examples, key=lambda example: int(example["length"]))
    picked = np.linspace(0, len(ordered) - 1, min(_TO_TRY, len(ordered))).round().astype(int)
    return [ordered[index] for index in picked]


def _precision(model: LoadedModel, bf16: bool) -> torch.autocast:
    return torch.autocast(device_of(model.network).type, torch.bfloat16, enabled=bf16)


def _form(model: LoadedModel, place: Place, batch: Batch, shorter: Batch) -> Form:
    """The form of the states at a place.

    Raises:
        Unfit: It depends on padding, so that a row's states could not be joined with those of other rows.
    """
    with torch.no_grad():
        forms = [form_of(place.states(watch(model, each)), each) for each in (batch, shorter)]
    if forms[0] != forms[1]:
        raise Unfit("the size of a row's states depends on the rows beside it")
    return forms[0]


def _difference(expected: Tensor, found: Tensor, mask: Tensor | None) -> float:
    """The largest difference of two tensors, as a share of the most that rows differ among themselves."""
    if expected.shape != found.shape:
        return float("inf")
    if mask is not None and expected.shape[:2] == mask.shape:  # padding does not count
        expected, found = expected[mask.bool()], found[mask.bool()]
    expected, found = expected.double(), found.double()
    if not expected.numel() or torch.equal(expected, found):
        return 0.0
    difference = float((expected - found).abs().max() / (expected - expected.mean(0)).abs().max())
    return difference if difference >= 0 else float("inf")  # not a number


def _tensors(result: Any) -> list[Tensor]:
    """All tensors of what a network returned."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, Mapping):
        return [tensor for value in result.values() for tensor in _tensors(value)]
    return [tensor for value in result for tensor in _tensors(value)] if isinstance(result, (list, tuple)) else []
