"""A warm start: training goes on from the weights of a specialist, and not from those of the pre-trained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.exporting.manifest import MANIFEST, read_manifest
from burnish.recipe import Recipe
from burnish.run_folder import file_digest
from burnish.stages.stage import OpenRun

Warm: TypeAlias = Literal["", "body", "all"]  # what of the network is the specialist's; the rest is its head


def warm_weights(opened: OpenRun, model: LoadedModel) -> Work[Warm]:
    """Put the weights of the recipe's `training.warm-start` into a network, if it names any.

    The head goes along where it answers the same labels in the same order. A specialist that is no such network (a kept
    baseline, or one whose adapters lie beside it) gives nothing: training starts cold, and says so.

    Raises:
        UserError: It does another task, or comes from a network of another size.
    """
    folder = opened.recipe.training.warm_start
    if folder is None:
        return ""
    manifest = read_manifest(folder)
    if manifest.task != opened.task.name:
        raise UserError(
            f"this specialist does {manifest.task}, and the recipe asks for {opened.task.name}",
            where="training.warm-start",
            fix="Name a specialist of the same task, or leave the key out.",
        )
    if manifest.kind != "network":
        yield Note(text=f"no warm start: the specialist is the baseline {manifest.baseline!r}", level="warning")
        return ""
    earlier = opened.task.restore(folder, manifest.targets.targets(), opened.recipe.data.longest).network.state_dict()
    own = model.network.state_dict()
    if set(earlier) != set(own):
        yield Note(text="no warm start: the specialist's adapters lie beside its network", level="warning")
        return ""
    head = {name for name in own if name.startswith(f"{model.head}.")}
    if any(earlier[name].shape != own[name].shape for name in own if name not in head):
        raise UserError(
            "this specialist comes from another pre-trained model",
            where="training.warm-start",
            fix=f"It comes from {manifest.base.name}; name that as `model`, or leave the key out.",
        )
    same = bool(opened.targets.labels) and manifest.targets.labels == opened.targets.labels
    left = set() if same else head
    model.network.load_state_dict({name: own[name] if name in left else earlier[name] for name in own})
    yield Note(text="training goes on from the specialist's weights" + ("" if same else ", with a new head"))
    return "all" if same else "body"


def warm_start_files(recipe: Recipe) -> Mapping[str, str]:
    """The digest of the specialist that training starts from."""
    folder = recipe.training.warm_start
    if folder is None or not (folder / MANIFEST).is_file():
        return {}
    return {"training.warm-start": file_digest(folder / MANIFEST)}
