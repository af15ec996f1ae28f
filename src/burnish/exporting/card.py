"""The model card, in the Hugging Face Hub's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from burnish.exporting.manifest import Manifest
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
    """

    name: str
    manifest: Manifest
    verdict: Mapping[str, Any]
    scores: Mapping[str, Any]
    sizes: Mapping[str, int]
    seed: int
    usage: str


def write_card(path: Path, facts: CardFacts) -> None:
    """Write the card as Markdown with the Hub's metadata block."""
    import jinja2
    from huggingface_hub import EvalResult, ModelCardData

    kept = facts.manifest.method.removeprefix("baseline: ")
    system = "specialist" if facts.verdict["decision"] != "keep-baseline" else kept
    own = {name: _estimate(metric, system) for name, metric in facts.scores.items()}
    data = ModelCardData(
        base_model=facts.manifest.base.base,
        license=facts.manifest.base.licence or None,
        pipeline_tag=facts.manifest.task,
        tags=["burnish", facts.manifest.task],
        model_name=facts.name,
        metrics=list(facts.scores),
        eval_results=[
            EvalResult(
                task_type=facts.manifest.task,
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
    body = template.render(facts=facts, own=own, system=system, manifest=facts.manifest, verdict=facts.verdict)
    write_text(path, f"---\n{data.to_yaml()}\n---\n\n{body}")


def _estimate(metric: Mapping[str, Any], system: str) -> Mapping[str, float]:
    chosen: Mapping[str, float] = metric["specialist"] if system == "specialist" else metric["baselines"][system]
    return chosen
