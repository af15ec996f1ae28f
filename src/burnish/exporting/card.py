"""The model card, in the Hugging Face Hub's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from burnish.exporting.manifest import Manifest
from burnish.exporting.specialist_folder import BASE_FOLDER
from burnish.run_folder import write_text


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card tells.

    Attributes:
        name: The run's name.
        manifest: What the specialist is.
        verdict: The content of verdict.json.
        scores: Metrics by name, as in scores.json.
        sizes: Rows by part (train, validation, test).
        seed: The run's seed.
        usage: Python lines that use the folder without burnish, or "" where that is not possible.
        calibrated: Whether its confidence was made honest on validation rows.
    """

    name: str
    manifest: Manifest
    verdict: Mapping[str, Any]
    scores: Mapping[str, Any]
    sizes: Mapping[str, int]
    seed: int
    usage: str
    calibrated: bool = True


def write_card(path: Path, facts: CardFacts) -> None:
    """Write the card as Markdown with the Hub's metadata block."""
    import jinja2
    from huggingface_hub import EvalResult, ModelCardData

    manifest = facts.manifest
    uses_model = _uses_model(manifest)
    system = manifest.baseline or "specialist"
    own = {
        name: _estimate(metric, system)
        for name, metric in facts.scores.items()
        if system == "specialist" or system in metric["baselines"]
    }
    data = ModelCardData(
        base_model=manifest.base.base if uses_model else None,
        license=manifest.base.licence or None if uses_model else None,
        pipeline_tag=manifest.task,
        tags=["burnish", manifest.task],
        model_name=facts.name,
        metrics=list(own),
        eval_results=[
            EvalResult(
                task_type=manifest.task,
                dataset_type="private",
                dataset_name=facts.name,
                dataset_split="test",
                metric_type=name,
                metric_value=round(estimate["value"], 4),
            )
            for name, estimate in own.items()
        ],
    )
    source = resources.files("burnish.exporting").joinpath("card.md.jinja").read_text(encoding="utf-8")
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined).from_string(
        source
    )
    body = template.render(
        facts=facts,
        own=own,
        manifest=manifest,
        verdict=facts.verdict,
        origin=_origin(manifest),
        uses_model=uses_model,
    )
    write_text(path, f"---\n{data.to_yaml()}\n---\n\n{body}")


def _uses_model(manifest: Manifest) -> bool:
    """Whether the specialist needs the pre-trained model: it is one, or a baseline that reads its features."""
    return manifest.kind == "network" or any(name.startswith(f"{BASE_FOLDER}/") for name in manifest.files)


def _origin(manifest: Manifest) -> str:
    """What it was made of, to end a sentence with."""
    licence = f" ({manifest.base.licence})" if manifest.base.licence else ""
    model = f"`{manifest.base.base}`{licence}"
    if not manifest.baseline:
        return f" from\n{model} with the method `{manifest.method}`"
    if _uses_model(manifest):
        return f": the\nbaseline `{manifest.baseline}` on the untouched {model}, which was not fine-tuned"
    return f": the\nbaseline `{manifest.baseline}`, which uses no pre-trained model"


def _estimate(metric: Mapping[str, Any], system: str) -> Mapping[str, float]:
    chosen: Mapping[str, float] = metric["specialist"] if system == "specialist" else metric["baselines"][system]
    return chosen
