"""The gates before a promotion: is the challenger whole, is it worth it, and is it better than the champion?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.catalog import get_metric, get_task
from burnish.contracts import Prediction, Targets
from burnish.data.keys import places_among
from burnish.data.ledger import read_ledger
from burnish.data.rows import ROW, PackedRows
from burnish.errors import UserError
from burnish.events import Progress, Work
from burnish.exporting.manifest import read_manifest
from burnish.exporting.parity import compare_predictions
from burnish.metrics.comparison import Comparison, compare
from burnish.predictor import Specialist, load_specialist
from burnish.registry.submission import Submission, input_keys
from burnish.stages.evaluate import open_sealed_rows
from burnish.stages.export import read_probes
from burnish.stages.stage import PROBES_FILE

if TYPE_CHECKING:
    from burnish.contracts import Metric

SIGNIFICANCE = 0.05
FORGOTTEN, HARDLY_CHANCE = 0.02, 0.5  # a larger loss on the old test rows counts, too, if its p is below that
KEPT_TEST = "kept"  # how the file of a retraining is called that holds the old test rows


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One gate.

    Attributes:
        name: What was looked at.
        passed: Whether it lets the challenger through.
        text: What was found, in a sentence.
        comparison: The paired test, where there was one.
    """

    name: str
    passed: bool
    text: str
    comparison: Comparison | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Champion:
    """What is at work now.

    Attributes:
        told: What it is called: its version.
        specialist: Its folder.
        learned: Digests of the inputs that it has learned from, uint64 (rows, 2).
    """

    told: str
    specialist: Path
    learned: Any


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The test rows of a comparison.

    Attributes:
        rows: Those that the champion has not learned from.
        known: How many it has learned from; they are left out.
        kept: Places of the rows that an earlier version was tested on too.
    """

    rows: PackedRows
    known: int
    kept: Sequence[int]


def examine(challenger: Submission, champion: Champion | None) -> Work[list[Gate]]:
    """Let a run's specialist go through all gates.

    Args:
        challenger: The run.
        champion: What is at work now; None where there is nothing yet: then the run's own verdict decides.

    Raises:
        UserError: The test rows are not those that were sealed, or the two do different things.
    """
    yield Progress(work="gates", done=0, total=3, figures={"now": "the challenger answers its probes"})
    specialist = load_specialist(challenger.specialist)
    gates = [_whole(challenger, specialist)]
    if champion is None:
        return [*gates, _worth_it(challenger)]
    _require_same_task(specialist, champion)
    tested = _test_rows(challenger, champion)
    yield Progress(work="gates", done=1, total=3, figures={"now": "the challenger answers the test rows"})
    ours = specialist.answers.predict(tested.rows)
    yield Progress(work="gates", done=2, total=3, figures={"now": "the champion answers the test rows"})
    present = load_specialist(champion.specialist)
    theirs = present.answers.predict(tested.rows)
    yield Progress(work="gates", done=3, total=3)
    targets = _all_labels(specialist, present)
    against = _Against(challenger=challenger, champion=champion.told, targets=targets)
    gates.append(against.better(tested, ours, theirs))
    if tested.kept:
        gates.append(against.nothing_forgotten(tested, ours, theirs))
    return gates


@dataclass(frozen=True, kw_only=True)
class _Against:
    """The comparison of a challenger with the champion."""

    challenger: Submission
    champion: str
    targets: Targets

    def better(self, tested: _Rows, ours: Sequence[Prediction], theirs: Sequence[Prediction]) -> Gate:
        """Significantly better on all test rows."""
        metric, found = self._compare(tested.rows, ours, theirs)
        gain = found.difference
        passed = gain.value > 0 and found.p < SIGNIFICANCE
        concluded = "better" if passed else "not better" if gain.value <= 0 else "that may be chance"
        left_out = f" ({tested.known} more are left out: the champion has learned from them)" if tested.known else ""
        text = (
            f"{_told(gain.value, metric)} in {metric.name} against {self.champion} (95% interval "
            f"{_told(gain.low, metric, unit=False)} to {_told(gain.high, metric, unit=False)}), "
            f"p = {found.p:.2g} ({found.test}), on {len(tested.rows)} test rows{left_out}: {concluded}"
        )
        return Gate(name="champion", passed=passed, text=text, comparison=found)

    def nothing_forgotten(self, tested: _Rows, ours: Sequence[Prediction], theirs: Sequence[Prediction]) -> Gate:
        """Not worse on the rows that an earlier version was tested on."""
        rows = tested.rows.take(tested.kept)
        metric, found = self._compare(rows, [ours[n] for n in tested.kept], [theirs[n] for n in tested.kept])
        lost = found.difference.value < 0 and found.p < SIGNIFICANCE
        much = metric.share and found.difference.value < -FORGOTTEN and found.p < HARDLY_CHANCE
        text = (
            f"{_told(found.difference.value, metric)} in {metric.name} on {len(rows)} test rows of before, "
            f"p = {found.p:.2g}: " + ("something was forgotten" if lost or much else "nothing was forgotten")
        )
        return Gate(name="memory", passed=not (lost or much), text=text, comparison=found)

    def _compare(
        self, rows: PackedRows, ours: Sequence[Prediction], theirs: Sequence[Prediction]
    ) -> tuple[Metric, Comparison]:
        task = get_task(read_manifest(self.challenger.specialist).task)
        metric = get_metric(task, str(self.challenger.verdict()["metric"]))
        truths = task.truths(rows)
        statistics = [metric.statistics(truths, predictions, self.targets) for predictions in (ours, theirs)]
        _, _, (found,) = compare(metric, statistics[0], {"champion": statistics[1]}, seed=0)
        return metric, found


def _whole(challenger: Submission, specialist: Specialist) -> Gate:
    """Its files are as they were written, and it answers its probes as it did in training."""
    stored = challenger.folder.file("train", PROBES_FILE)
    manifest = specialist.manifest
    if manifest.kind != "network" or manifest.baseline or not stored.is_file():
        return Gate(name="whole", passed=True, text="its files are as they were written")
    rows, expected = read_probes(stored)
    parity = compare_predictions("registered", expected, specialist.answers.predict(rows))
    text = f"its files are as they were written; {parity.rows} probes differ by up to {parity.largest_difference:.1e}"
    return Gate(name="whole", passed=parity.passed, text=text)


def _worth_it(challenger: Submission) -> Gate:
    """What a first version has to show: a verdict."""
    verdict = challenger.verdict()
    decision = verdict["decision"]
    what = {
        "ship": "the specialist is better than the best baseline",
        "keep-baseline": f"the baseline {verdict['best_baseline']} is what is used",
        "inconclusive": "the test rows cannot tell whether it beats the best baseline",
    }[decision]
    return Gate(name="verdict", passed=decision != "inconclusive", text=f"there is no champion yet, and {what}")


def _require_same_task(specialist: Specialist, champion: Champion) -> None:
    theirs = read_manifest(champion.specialist).task
    if specialist.manifest.task != theirs:
        raise UserError(
            f"the champion does {theirs}, and this run does {specialist.manifest.task}",
            where=str(specialist.folder),
            fix="Register it under another name with --as NAME.",
        )


def _test_rows(challenger: Submission, champion: Champion) -> _Rows:
    """The challenger's sealed test rows, without those that the champion has learned from.

    Raises:
        UserError: The champion has learned from all of them.
    """
    rows = open_sealed_rows(challenger.folder)
    known = set(places_among(input_keys(rows, challenger.specialist), champion.learned).tolist())
    fair = rows.take([place for place in range(len(rows)) if place not in known])
    if not len(fair):
        raise UserError(
            "the champion has learned from every test row of this run",
            where=str(challenger.folder.root),
            fix="Test both on rows that neither has seen: `burnish run` with `test:`, or `burnish retrain`.",
        )
    ledger = read_ledger(challenger.folder.file("check", "ledger.csv"))
    kept = [place for place, number in enumerate(fair.columns[ROW]) if Path(ledger[number].file).stem == KEPT_TEST]
    return _Rows(rows=fair, known=len(known), kept=kept if len(kept) < len(fair) else [])


def _all_labels(challenger: Specialist, champion: Specialist) -> Targets:
    """The challenger's targets, with the labels that only the champion knows after its own."""
    ours, theirs = challenger.manifest.targets.targets(), champion.manifest.targets.targets()
    more = tuple(label for label in theirs.labels if label not in ours.labels)
    return replace(ours, labels=(*ours.labels, *more), counts=(*ours.counts, *(0 for _ in more)))


def _told(difference: float, metric: Metric, *, unit: bool = True) -> str:
    """A difference in percentage points, or in the metric's own unit."""
    if not metric.share:
        return f"{difference:+.4g}"
    return f"{100 * difference:+.1f}" + (" points" if unit else "")
