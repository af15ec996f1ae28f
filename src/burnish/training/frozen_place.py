"""Find the place in a network up to which nothing depends on what trains, and name all that it does depend on.

No architecture is known here: autograd tells what trains, and a pass with weights replaced by NaN proves it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from burnish.contracts import Batch, LoadedModel
from burnish.training.forward import call
from burnish.training.random_state import random_states, restore_random_states

CODE = "1"  # raised when this room would compute other states for the same identity
_TO_LEAVE_OUT = {"training", "name_or_path", "transformers_version"}  # never change the states


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What was seen at a model's blocks and head in one pass, by module name, one entry for each call of it.

    Attributes:
        inputs: Hidden states that flowed in.
        outputs: What the module returned.
        called: Names of all modules that were called.
        result: What the network returned.
    """

    inputs: Mapping[str, list[Tensor]]
    outputs: Mapping[str, list[Any]]
    called: frozenset[str]
    result: Any


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where states are kept.

    Attributes:
        module: The head, whose input is kept, or a block, whose output is.
        tails: For every bypassed block, how many `None` follow the states in what it returns; -1: no tuple at all.
            Empty at the head, where all but the head is bypassed.
    """

    module: str
    tails: Mapping[str, int]

    def states(self, sighting: Sighting) -> Tensor:
        """The states that were seen at this place."""
        return hidden_of(sighting.outputs[self.module][0]) if self.tails else sighting.inputs[self.module][0]


class Unfit(Exception):  # noqa: N818 - an answer, not an error
    """Why states cannot be kept."""


def watch(model: LoadedModel, batch: Batch) -> Sighting:
    """Run a network once, as for predicting, and note what its blocks and head see. Changes nothing."""
    inputs: dict[str, list[Tensor]] = defaultdict(list)
    outputs: dict[str, list[Any]] = defaultdict(list)
    called: set[str] = set()
    with contextlib.ExitStack() as hooks, resting(model.network):
        for name, module in model.network.named_modules():
            watched = name in model.blocks or name == model.head

            def before(_: nn.Module, args: Any, named: Any, name: str = name, watched: bool = watched) -> None:
                called.add(name)
                if watched:
                    inputs[name].append(flowing(args, named))

            def after(_: nn.Module, __: Any, output: Any, name: str = name) -> None:
                outputs[name].append(output)

            hooks.callback(module.register_forward_pre_hook(before, with_kwargs=True).remove)
            if watched:
                hooks.callback(module.register_forward_hook(after).remove)
        result = call(model.network, batch)
    return Sighting(inputs=inputs, outputs=outputs, called=frozenset(called), result=result)


@contextlib.contextmanager
def resting(network: nn.Module) -> Iterator[None]:
    """Switch every module to predicting; afterwards each is as it was, and so are the random generators."""
    modes = {module: module.training for module in network.modules() if module.training}
    states = random_states()
    for module in modes:
        module.training = False
    try:
        yield
    finally:
        for module in modes:
            module.training = True
        restore_random_states(states)


def flowing(args: Sequence[Any], named: Mapping[str, Any]) -> Tensor:
    """The hidden states among the arguments of a block or head: the first tensor, or the one of that name.

    Raises:
        Unfit: There are none.
    """
    for value in (*args, named.get("hidden_states"), *named.values()):
        if isinstance(value, Tensor):
            return value
    raise Unfit("a block is called without hidden states")


def hidden_of(output: Any) -> Tensor:
    """The hidden states in what a block returned.

    Raises:
        Unfit: There are none.
    """
    first = output[0] if isinstance(output, tuple) and output else output
    if not isinstance(first, Tensor):
        raise Unfit("a block returns no hidden states")
    return first


def behind(states: Tensor) -> set[int]:
    """Identities of the tensors that autograd would give gradients to; some may be no parameters."""
    nodes: set[Any] = {states.grad_fn} - {None}
    waiting, variables = list(nodes), {id(states)} if states.requires_grad else set()
    while waiting:
        node = waiting.pop()
        variables.add(id(getattr(node, "variable", None)))
        following = {lower for lower, _ in node.next_functions if lower is not None} - nodes
        nodes |= following
        waiting += following
    return variables


def find_place(model: LoadedModel, batch: Batch) -> Place:
    """The uppermost place that nothing that trains flows into.

    Raises:
        Unfit: There is none, or the network is built in a way that its states cannot be reused.
    """
    with torch.enable_grad():
        seen = watch(model, batch)
    parameters = {id(parameter) for parameter in model.network.parameters()}
    at_head = seen.inputs.get(model.head, [])
    if at_head and not any(behind(states) & parameters for states in at_head):
        if len(at_head) > 1 or seen.outputs[model.head][0] is not seen.result:
            raise Unfit("the network's outputs are not those of one call of its head")
        return Place(module=model.head, tails={})
    frozen = []
    for block in model.blocks:
        if any(behind(hidden_of(output)) & parameters for output in seen.outputs[block]):
            break
        frozen.append(block)
    if not frozen:
        raise Unfit("no block is below everything that trains")
    if any(len(seen.outputs[block]) != 1 for block in frozen):
        raise Unfit("a block is not called exactly once a pass")
    return Place(module=frozen[-1], tails={block: _tail(seen.outputs[block][0]) for block in frozen})


def _tail(output: Any) -> int:
    if isinstance(output, Tensor):
        return -1
    if type(output) is not tuple or any(rest is not None for rest in output[1:]):
        raise Unfit("blocks hand on more than hidden states")
    return len(output) - 1


def identity(model: LoadedModel, place: Place, names: Collection[str], *, bf16: bool) -> str:
    """Names all that the states at a place depend on besides the row: weights, structure, precision and versions.

    Args:
        model: The model.
        place: Where states are kept.
        names: What `depended_on` found.
        bf16: Whether the network runs under autocast.
    """
    weights = hashlib.sha256()
    for name, tensor in (*model.network.named_parameters(), *model.network.named_buffers()):
        if name in names:
            weights.update(f"{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
            weights.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return f"{structure(model, place)}|{weights.hexdigest()}|{'bf16' if bf16 else 'fp32'}"


def structure(model: LoadedModel, place: Place) -> str:
    """Digest of the kind and plain settings of all modules that are not above a place, and of library versions."""
    digest = hashlib.sha256(f"{CODE}|{place.module}|{torch.__version__}|{version('transformers')}".encode())
    for name, module in model.network.named_modules():
        if _is_above(name, model, place):
            continue
        values = vars(module)
        to_dict = getattr(values.get("config"), "to_dict", None)
        config = to_dict() if callable(to_dict) else {}
        plain = {key: value for key, value in (values | config).items() if _is_plain(value) and _counts(key, module)}
        digest.update(f"{name}|{type(module).__qualname__}|{json.dumps(plain, sort_keys=True)}\n".encode())
    return digest.hexdigest()


def _counts(key: str, module: nn.Module) -> bool:
    """Whether a setting may change the states: dropout is off where they are computed."""
    dropout = "drop" in key or "drop" in type(module).__name__.lower()
    return not (dropout or key.startswith("_") or key in _TO_LEAVE_OUT)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, (str, int, float))


def _is_above(name: str, model: LoadedModel, place: Place) -> bool:
    blocks = model.blocks[model.blocks.index(place.module) + 1 :] if place.tails else ()
    return any(f"{name}.".startswith(f"{upper}.") for upper in (*blocks, model.head))


def depended_on(model: LoadedModel, batch: Batch, place: Place) -> set[str]:
    """Names of the parameters and buffers that the states at a place may depend on.

    Left out are the parameters that a pass proves to have no influence: the random weights of a pooler that nothing
    reads, say, would make an otherwise equal network another one.

    Raises:
        Unfit: Something that trains flows in where autograd does not see it.
    """
    parameters = dict(model.network.named_parameters())
    reached, called = _reached(model, batch, place)
    idle = {
        name
        for name, parameter in parameters.items()
        if name not in reached and parameter.is_floating_point() and name.rpartition(".")[0] in called
    }
    if _flow_in(idle, model, batch, place):
        trained = {name for name in idle if parameters[name].requires_grad}
        if _flow_in(trained, model, batch, place):
            raise Unfit("something that trains flows into the frozen part where autograd does not see it")
        idle = trained
    buffers = {name for name, _ in model.network.named_buffers()}
    return {name for name in (parameters.keys() | buffers) - idle if not _is_above(name, model, place)}


def _reached(model: LoadedModel, batch: Batch, place: Place) -> tuple[set[str], frozenset[str]]:
    """Names of the parameters that autograd finds behind the states at a place, and of the modules called."""
    parameters = dict(model.network.named_parameters())
    at_rest = [p for p in parameters.values() if not p.requires_grad and p.is_floating_point()]
    try:
        for parameter in at_rest:
            parameter.requires_grad_(True)
        with torch.enable_grad():
            seen = watch(model, batch)
    finally:
        for parameter in at_rest:
            parameter.requires_grad_(False)
    found = behind(place.states(seen))
    return {name for name, parameter in parameters.items() if id(parameter) in found}, seen.called


def _flow_in(names: set[str], model: LoadedModel, batch: Batch, place: Place) -> bool:
    """Whether any of these parameters has an influence on the states at a place: NaN in them would show there."""
    parameters = dict(model.network.named_parameters())
    kept = {name: parameters[name].detach().clone() for name in names}
    with torch.no_grad():
        try:
            for name in names:
                parameters[name].fill_(torch.nan)
            return bool(place.states(watch(model, batch)).isnan().any())
        finally:
            for name, values in kept.items():
                parameters[name].copy_(values)
