"""What a run folder says, read once for the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.run_folder import RunFolder, read_json

_STAGES = ("check", "split", "baseline", "pretrain", "train", "export", "evaluate")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The content of a run's files. The last group is empty where its file is missing.

    Attributes:
        name: The run's name.
        verdict: evaluate/verdict.json.
        scores: evaluate/scores.json.
        panels: evaluate/panels.json.
        training: train/training.json.
        augmentation: train/augmentation.json.
        ledger: check/ledger.json.
        findings: check/findings.json.
        profile: check/profile.json.
        sizes: Rows by part, from split/seal.json.
        seal: sha256 of the sealed rows.
        split: split/split.json.
        base: check/model.json.
        baselines: baseline/scores.json.
        pretraining: pretrain/pretraining.json.
        parity: export/parity.json.
        manifest: The manifest of what is to be used from now on.
        card: Its card.
        recipe_text: The resolved recipe as written.
        recipe: The same, parsed.
        records: The record of each finished stage.
        ended: When evaluate ended, in seconds since 1970; 0 where that is unknown.
    """

    name: str
    verdict: Mapping[str, Any]
    scores: Mapping[str, Any]
    panels: Sequence[Mapping[str, Any]]
    training: Mapping[str, Any]
    ledger: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    profile: Mapping[str, Any]
    sizes: Mapping[str, int]
    seal: str
    split: Mapping[str, Any] = field(default_factory=dict)
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    base: Mapping[str, Any] = field(default_factory=dict)
    baselines: Mapping[str, Any] = field(default_factory=dict)
    pretraining: Mapping[str, Any] = field(default_factory=dict)
    parity: Sequence[Mapping[str, Any]] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    recipe_text: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ended: float = 0.0

    def setting(self, section: str, key: str) -> Any:
        """A value of the resolved recipe, or None where it does not say."""
        values = self.recipe.get(section)
        return values.get(key) if isinstance(values, Mapping) else None


def read_facts(folder: RunFolder) -> Facts:
    """Read what the stages from `check` to `evaluate` wrote.

    Raises:
        UserError: A file that these stages always write is missing or damaged.
    """
    import yaml

    seal = read_json(folder.file("split", "seal.json"))
    recipe_text = _text(folder.root / "recipe.yaml")
    return Facts(
        name=folder.name,
        verdict=read_json(folder.file("evaluate", "verdict.json")),
        scores=read_json(folder.file("evaluate", "scores.json")),
        panels=read_json(folder.file("evaluate", "panels.json")),
        training=read_json(folder.file("train", "training.json")),
        ledger=read_json(folder.file("check", "ledger.json")),
        findings=read_json(folder.file("check", "findings.json")),
        profile=read_json(folder.file("check", "profile.json")),
        sizes=seal["rows"],
        seal=seal["sha256"],
        augmentation=_json(folder.file("train", "augmentation.json"), {}),
        split=_json(folder.file("split", "split.json"), {}),
        base=_json(folder.file("check", "model.json"), {}),
        baselines=_json(folder.file("baseline", "scores.json"), {}),
        pretraining=_json(folder.file("pretrain", "pretraining.json"), {}),
        parity=_json(folder.file("export", "parity.json"), []),
        manifest=_json(folder.file("evaluate", "specialist/manifest.json"), {}),
        card=_text(folder.file("evaluate", "specialist/README.md")),
        recipe_text=recipe_text,
        recipe=yaml.safe_load(recipe_text) or {},
        records={name: record for name in _STAGES if (record := folder.record(name)) is not None},
        ended=_ended(_text(folder.root / "log.jsonl")),
    )


def is_share(metric: Mapping[str, Any]) -> bool:
    """Whether a metric is a share, so that percent and percentage points are its natural units."""
    return bool(metric["share"])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _json(path: Path, otherwise: Any) -> Any:
    return read_json(path) if path.is_file() else otherwise


def _ended(log: str) -> float:
    """When evaluate last ended, by the log; a killed run may have left half a line there."""
    ended = 0.0
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("event") == "StageDone" and entry.get("stage") == "evaluate" and not entry.get("skipped"):
            ended = float(entry["time"])
    return ended
