"""What the run used, what it was made of, and how its result is put to use."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from burnish.catalog import WITH_ROWS, asked_with, tasks
from burnish.reporting import words
from burnish.reporting.charts import bar_widths
from burnish.reporting.facts import Facts

_LAMP_WATTS = 10
_CARD_WITHOUT = re.compile(r"Without burnish[^\n]*\n+```python\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """What one stage used."""

    name: str
    seconds: str
    processor: str
    energy: str
    width: float


@dataclass(frozen=True, kw_only=True)
class ParityRow:
    """How far an exported form is from the trained network."""

    form: str
    rows: str
    difference: str
    different: str
    tolerance: str
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """Something to type, with what it does."""

    title: str
    code: str


@dataclass(frozen=True, kw_only=True)
class RunningView:
    """The sections on cost, on the exported model, on the recipe and on use."""

    cost_sentence: str
    energy_sentence: str
    stages: tuple[StageTime, ...]
    parity: tuple[ParityRow, ...]
    parity_sentence: str
    versions: tuple[tuple[str, str], ...]
    base: tuple[tuple[str, str], ...]
    recipe: str
    use_sentence: str
    snippets: tuple[Snippet, ...]


def view_running(facts: Facts) -> RunningView:
    """Lay out usage, parity, versions, recipe and how to use the result."""
    cost = facts.verdict["cost"]
    price = f"{words.money(cost['price_per_hour'], cost['currency'])} per hour ({_price_source(cost['price_from'])})"
    return RunningView(
        cost_sentence=f"The run took {words.duration(facts.verdict['seconds'])} on {cost['hardware']} "
        f"({words.duration(cost['processor_seconds'])} of processor time). At {price} that is about "
        f"{words.money(cost['amount'], cost['currency'])}.",
        energy_sentence=_energy_sentence(cost["watt_hours"], cost["energy_measured"]),
        stages=_stages(facts),
        parity=_parity(facts),
        parity_sentence=_parity_sentence(facts),
        versions=_versions(facts),
        base=_base(facts),
        recipe=facts.recipe_text.strip(),
        use_sentence=_use_sentence(facts),
        snippets=_snippets(facts),
    )


def _price_source(source: str) -> str:
    return "the price in the recipe" if source == "recipe" else "a typical cloud price; set your own in the recipe"


def _energy_sentence(watt_hours: float, measured: bool) -> str:
    how = (
        "measured by the processor's own counter"
        if measured
        else "estimated from processor time, as this machine's counter cannot be read"
    )
    lamp = words.duration(3600 * watt_hours / _LAMP_WATTS)
    return f"The processor used {words.watt_hours(watt_hours)} ({how}): a {_LAMP_WATTS}-watt lamp for {lamp}."


def _stages(facts: Facts) -> tuple[StageTime, ...]:
    used = {name: record["usage"] for name, record in facts.records.items() if "usage" in record}
    widths = bar_widths([usage["seconds"] for usage in used.values()])
    return tuple(
        StageTime(
            name=name,
            seconds=words.duration(usage["seconds"]),
            processor=words.duration(usage["processor_seconds"]),
            energy=words.watt_hours(usage["watt_hours"]),
            width=width,
        )
        for (name, usage), width in zip(used.items(), widths, strict=True)
    )


def _parity(facts: Facts) -> tuple[ParityRow, ...]:
    return tuple(
        ParityRow(
            form=entry["form"],
            rows=words.count(entry["rows"]),
            difference=f"{entry['largest_difference']:.1e}" if entry["largest_difference"] else "0",
            different=words.count(entry["different_answers"]),
            tolerance=f"{entry['tolerance']:g}",
            passed=bool(entry["passed"]),
        )
        for entry in facts.parity
    )


def _parity_sentence(facts: Facts) -> str:
    if not facts.parity:
        return ""
    if all(entry["passed"] for entry in facts.parity):
        same = "Every exported form gives the answers of the network that was trained"
        if facts.manifest.get("baseline"):
            return f"{same}. The baseline that was kept was checked in the same way, on all test rows."
        return f"{same}, so the scores above are those of what you will run."
    failed = words.listed([entry["form"] for entry in facts.parity if not entry["passed"]])
    return f"Not every exported form answers as the trained network does: {failed}."


def _versions(facts: Facts) -> tuple[tuple[str, str], ...]:
    versions = dict(facts.manifest.get("versions", {}))
    code = facts.records.get("evaluate", {}).get("code", {})
    if code.get("burnish"):
        source = f" (source {code['source']})" if code.get("source") else ""
        versions["burnish"] = f"{code['burnish']}{source}"
    digests = {"sha256 of the base model": facts.base.get("digest", ""), "sha256 of the sealed rows": facts.seal}
    return tuple((name, str(value)) for name, value in {**versions, **digests}.items() if value)


def _base(facts: Facts) -> tuple[tuple[str, str], ...]:
    base, kept = facts.base, facts.manifest.get("baseline", "")
    entries = [
        ("Task", str(facts.recipe.get("task") or facts.manifest.get("task", ""))),
        ("Base model", str(base.get("base", ""))),
        ("Licence of the base model", str(base.get("licence", ""))),
        ("Came from", str(base.get("origin", ""))),
        ("Put to use", f"the baseline {kept}" if kept else "the fine-tuned specialist"),
        ("Seed", str(facts.recipe.get("seed", ""))),
    ]
    return tuple((title, value) for title, value in entries if value)


def _use_sentence(facts: Facts) -> str:
    if kept := facts.manifest.get("baseline"):
        return f"The folder evaluate/specialist holds what the verdict says to use: the baseline {kept}."
    if facts.verdict["decision"] == "inconclusive":
        return "The folder evaluate/specialist holds the fine-tuned specialist; the verdict on it is still open."
    return "The folder evaluate/specialist holds the model with its card: copy it wherever it is needed."


def _snippets(facts: Facts) -> tuple[Snippet, ...]:
    run = f"runs/{facts.name}"
    quoted = shlex.quote(run)
    task = tasks().get(str(facts.recipe.get("task", "")))
    given = asked_with(task) if task else WITH_ROWS
    snippets = [
        Snippet(
            title="On the command line",
            code="\n".join(f"burnish predict {quoted} {asked}" for asked in dict.fromkeys((given, WITH_ROWS))),
        ),
        Snippet(
            title="In Python",
            code=f'import burnish\n\nspecialist = burnish.load({run!r}).specialist\nprint(specialist.predict(["…"]))',
        ),
    ]
    if found := _CARD_WITHOUT.search(facts.card):
        snippets.append(Snippet(title="Without burnish, from inside the model's folder", code=found[1].strip()))
    return tuple(snippets)
