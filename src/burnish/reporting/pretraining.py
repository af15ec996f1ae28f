"""What pre-training went before: perplexity before and after, its curve, and what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import line_path, make_axis
from burnish.reporting.facts import Facts
from burnish.reporting.learning import Plot, Series, dotted, from_to


@dataclass(frozen=True, kw_only=True)
class PretrainingView:
    """The part on pre-training."""

    sentences: tuple[str, ...]
    plots: tuple[Plot, ...]
    facts: tuple[tuple[str, str], ...]


def view_pretraining(facts: Facts) -> PretrainingView | None:
    """Lay out pretraining.json; None where there was no such stage."""
    told = facts.pretraining
    if not told:
        return None
    rows, perplexity = told["rows"], told["perplexity"]
    return PretrainingView(
        sentences=tuple(_sentences(told)),
        plots=(_plot(told),),
        facts=(
            ("Perplexity before", words.decimal(perplexity["before"])),
            ("Perplexity after", words.decimal(perplexity["after"])),
            ("Training rows read", words.count(rows["training"])),
            ("Rows without labels read", words.count(rows["unlabelled"])),
            ("Held out to measure on", f"{words.count(rows['held_out'])} ({_tokens(told)})"),
            ("Head for hidden words", str(told["head"])),
        ),
    )


def _sentences(told: Mapping[str, Any]) -> list[str]:
    rows, perplexity = told["rows"], told["perplexity"]
    before, after = perplexity["before"], perplexity["after"]
    passes = "once" if told["epochs"] == 1 else f"{words.count(told['epochs'])} times"
    read = words.counted(rows["learned"], "text", "texts")
    fell = f"{words.decimal(before)} to {words.decimal(after)}"
    knows = "better" if after < before else "no better"
    sentences = [
        f"Before the method began, the model read {read} {passes} to predict hidden words, in "
        + words.duration(told["seconds"])
        + ".",
        f"On texts that were held out, its perplexity went from {fell}: it knows the words of the domain {knows}.",
    ]
    if told["head_alone"] is not None:
        sentences.append(
            "The model came without a head for this. A new one was fitted first, with the rest at rest; it went on "
            "learning afterwards, so part of the difference is its own."
        )
    if rows["without_words"]:
        sentences.append(f"Nothing could be hidden in {words.counted(rows['without_words'], 'text', 'texts')}.")
    if rows["cut"]:
        cut = words.counted(rows["cut"], "text is", "texts are")
        sentences.append(f"{cut} longer than the model reads; the beginning was read.")
    return sentences


def _tokens(told: Mapping[str, Any]) -> str:
    return words.counted(told["held_out_tokens"], "hidden token", "hidden tokens")


def _plot(told: Mapping[str, Any]) -> Plot:
    per_epoch = told["steps"] / told["epochs"]
    curve = [(step / per_epoch, loss) for step, loss in told["curve"]]
    held_out = [(step / per_epoch, loss) for step, loss in told["held_out"]]
    x = make_axis([x for x, _ in (*curve, *held_out)], low=0.0)
    y = make_axis([y for _, y in (*curve, *held_out)], low=0.0)
    return Plot(
        title="Loss of a hidden token",
        label=f"Loss of a hidden token by epoch of pre-training: on held-out texts it goes {from_to(held_out)}.",
        x=x,
        y=y,
        series=(
            Series(name="texts read", style="quiet", line=line_path(curve, x, y)),
            dotted("held-out texts", held_out, x, y),
        ),
        mark=None,
    )
