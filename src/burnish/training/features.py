"""Features of the untouched model, computed once per row and kept in the user's cache."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from burnish.contracts import Example, LoadedModel
from burnish.training.batches import reading_batches
from burnish.training.forward import Collate, chosen_units, head_inputs, head_inputs_each, units_at_once
from burnish.training.frozen import open_store
from burnish.training.frozen_place import Place, depended_on, identity, structure, watch
from burnish.training.state_rows import form_of, row_keys

_named: dict[tuple[str, str], str] = {}  # (digest, structure) -> name of the store; finding it takes a few passes


def cached_features(model: LoadedModel, examples: Sequence[Example], collate: Collate, digest: str) -> np.ndarray:
    """What flows into the head, float32 (rows, width); where it answers units, (units of all examples, width).

    They are kept where training that changes only the head finds them, too.

    Args:
        model: The untouched model.
        examples: Encoded rows.
        collate: The task's.
        digest: Digest of the model's weights.
    """
    if not examples:
        return head_inputs(model, examples, collate)
    place = Place(module=model.head, tails={})
    batch = collate(model, examples[:1])
    with torch.no_grad():
        form = form_of(place.states(watch(model, batch)), batch)
    key = (digest, structure(model, place))
    if key not in _named:
        _named[key] = identity(model, place, depended_on(model, batch, place), bf16=False)
    store = open_store(_named[key], form)
    keys = _keys(model, examples, collate)
    missing = [number for number, key in enumerate(keys) if key not in store]
    computed = head_inputs_each(model, [examples[number] for number in missing], collate)
    states = [of_one if model.by_unit else of_one[np.newaxis] for of_one in computed]
    fresh = {keys[number]: of_one for number, of_one in zip(missing, states, strict=True)}
    store.add(fresh)
    found = [fresh[key] if key in fresh else store.get(key) for key in keys]
    features = chosen_units(found, examples) if model.by_unit else np.concatenate(found)
    store.flush()
    store.close()
    return features


def _keys(model: LoadedModel, examples: Sequence[Example], collate: Collate) -> list[bytes]:
    keys: list[bytes] = [b""] * len(examples)
    units = units_at_once(model)
    for indices in reading_batches([example["length"] for example in examples], units):
        batch = collate(model, [examples[index] for index in indices])
        inputs = {name: tensor for name, tensor in batch.items() if name != "targets"}
        for index, key in zip(indices, row_keys(inputs), strict=True):
            keys[index] = key
    return keys
