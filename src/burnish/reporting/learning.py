"""Learning curves: how loss and score went, and which checkpoint was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words
from burnish.reporting.charts import Axis, dots_path, line_path, make_axis
from burnish.reporting.facts import Facts

_OVERSURE = 1.1  # validation loss of the kept checkpoint over the lowest, from which on it is worth a sentence


@dataclass(frozen=True, kw_only=True)
class Series:
    """A line of a plot; `style` names its look (`main`, `quiet`)."""

    name: str
    style: str
    line: str
    dots: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Lines by epoch.

    Attributes:
        title: What is drawn.
        label: The plot in words, for those who cannot see it.
        mark: Where on the axis of epochs the kept checkpoint stands; None where none was chosen.
    """

    title: str
    label: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    mark: float | None


@dataclass(frozen=True, kw_only=True)
class LearningView:
    """The section on training."""

    sentences: tuple[str, ...]
    plots: tuple[Plot, ...]
    validations: tuple[tuple[str, ...], ...]
    metric: str
    facts: tuple[tuple[str, str], ...]


def view_learning(facts: Facts) -> LearningView:
    """Lay out training.json."""
    training = facts.training
    validations = training["validations"]
    return LearningView(
        sentences=tuple(_sentences(training)),
        plots=_plots(training),
        validations=tuple(
            (
                words.count(entry["epoch"]) if entry["step"] else "start",
                words.count(entry["step"]),
                words.decimal(entry["score"]),
                words.decimal(entry["loss"]),
                "kept" if number == training["best"] else "",
            )
            for number, entry in enumerate(validations)
        ),
        metric=training["metric"],
        facts=_training_facts(facts),
    )


def _plots(training: Mapping[str, Any]) -> tuple[Plot, ...]:
    validations, best = training["validations"], training["best"]
    last = validations[-1]
    per_epoch = last["step"] / last["epoch"] if last["epoch"] else 1.0
    curve = [(step / per_epoch, loss) for step, loss in training["curve"]]
    losses = [(entry["step"] / per_epoch, entry["loss"]) for entry in validations]
    scores = [(entry["step"] / per_epoch, entry["score"]) for entry in validations]
    if len(validations) < 2 and not curve:
        return ()
    x = make_axis([x for x, _ in (*curve, *losses)], low=0.0)
    y = make_axis([y for _, y in (*curve, *losses)], low=0.0)
    y_score = make_axis([y for _, y in scores], most_ticks=5)
    mark = x.place(losses[best][0])
    kept = f"The checkpoint {_when(validations[best])} was kept."
    on_rows = f"On training rows it goes {from_to(curve)}; on validation rows {from_to(losses)}."
    loss = Plot(
        title="Loss",
        label=f"Loss by epoch. {on_rows} {kept}",
        x=x,
        y=y,
        series=(
            Series(name="training rows", style="quiet", line=line_path(curve, x, y)),
            dotted("validation rows", losses, x, y),
        ),
        mark=mark,
    )
    score = Plot(
        title=f"Score ({training['metric']}) on validation rows",
        label=f"{training['metric']} on validation rows by epoch: it goes {from_to(scores)}. {kept}",
        x=x,
        y=y_score,
        series=(dotted("validation rows", scores, x, y_score),),
        mark=mark,
    )
    return loss, score


def dotted(name: str, points: Sequence[tuple[float, float]], x: Axis, y: Axis) -> Series:
    """A line with a dot at every point."""
    return Series(name=name, style="main", line=line_path(points, x, y), dots=dots_path(points, x, y))


def from_to(points: Sequence[tuple[float, float]]) -> str:
    """The first and the last value, in words."""
    if not points:
        return "unrecorded"
    return f"from {words.decimal(points[0][1])} to {words.decimal(points[-1][1])}"


def _sentences(training: Mapping[str, Any]) -> list[str]:
    validations, best = training["validations"], training["best"]
    last, kept, start = validations[-1], validations[best], validations[0]
    metric, epochs = training["metric"], round(last["epoch"])
    took = f"Training took {words.counted(epochs, 'epoch', 'epochs')} and {words.duration(training['seconds'])}"
    ended = f", and ended early: {training['stopped']}." if training["stopped"] else "."
    if best == 0:
        outcome = (
            f"Every epoch was clearly worse than the start ({metric} {words.decimal(start['score'])} on validation "
            "rows), so the start was kept."
        )
    elif kept["score"] == start["score"]:
        outcome = (
            f"On validation rows {metric} is {words.decimal(kept['score'])} both at the start and after epoch "
            f"{kept['epoch']:.0f}, whose checkpoint was kept."
        )
    else:
        outcome = (
            f"On validation rows {metric} went from {words.decimal(start['score'])} at the start to "
            f"{words.decimal(kept['score'])} after epoch {kept['epoch']:.0f}, whose checkpoint was kept."
        )
    lowest = min(range(len(validations)), key=lambda number: validations[number]["loss"])
    insights = []
    if best > lowest and kept["loss"] > _OVERSURE * validations[lowest]["loss"]:
        insights.append(
            f"The validation loss was lowest {_when(validations[lowest])} and then rose while the score still "
            "held: the network grew too sure of itself."
        )
    if best == lowest == len(validations) - 1 and best > 0 and not training["stopped"]:
        insights.append("The validation loss still fell in the last epoch, so more epochs might help.")
    return [took + ended, outcome, *insights, *_calibration(training.get("calibration") or {})]


def _when(entry: Mapping[str, Any]) -> str:
    return f"after epoch {entry['epoch']:.0f}" if entry["step"] else "at the start"


def _calibration(calibration: Mapping[str, float]) -> list[str]:
    before, after = (calibration.get(f"validation_loss_{when}") for when in ("before", "after"))
    if before is None or after is None:
        found = [f"{name.replace('_', ' ')} {words.decimal(value)}" for name, value in calibration.items()]
        return [f"The validation rows then gave {words.listed(found)}."] if found else []
    how = "".join(
        f" ({name.replace('_', ' ')} {words.decimal(value)})"
        for name, value in calibration.items()
        if not name.startswith("validation_loss")
    )
    fell = f"from {words.decimal(before)} to {words.decimal(after)}"
    return [f"Its confidence was then calibrated on the validation rows{how}: their loss went {fell}."]


def _training_facts(facts: Facts) -> tuple[tuple[str, str], ...]:
    training = facts.training
    found: list[tuple[str, str]] = []
    if method := facts.setting("method", "name"):
        found.append(("Method", str(method)))
    if training.get("parameters"):
        trained, every = training["trained_parameters"], training["parameters"]
        share = words.percent(trained / every)
        found.append(("Parameters trained", f"{words.large(trained)} of {words.large(every)} ({share})"))
    found += [(title, str(training[key])) for title, key in (("Precision", "precision"), ("Device", "device"))]
    found.append(("Threads", str(training["threads"])))
    return tuple(found)
