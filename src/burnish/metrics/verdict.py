"""The verdict: ship the specialist, keep a baseline, or say how much is missing to know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, TypeAlias

from burnish.metrics.comparison import Comparison
from burnish.metrics.intervals import Z_95, Estimate

Decision: TypeAlias = Literal["ship", "keep-baseline", "inconclusive"]
SIGNIFICANCE = 0.05
_Z_POWER = NormalDist().inv_cdf(0.8)
_MORE_BY_FOLDS = 5  # test rows of a cross-validation for each one that is sealed from a fifth of the rows


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the test set says.

    Attributes:
        decision: `ship`, `keep-baseline` or `inconclusive`.
        metric: The metric that decided.
        specialist: The specialist's score.
        baselines: Scores by baseline name.
        best_baseline: The baseline with the best score on the test rows.
        comparison: The specialist against the best baseline; its `corrected` p-value decides.
        test_rows: Rows that were scored.
        minimum_gain: The least difference that was asked for.
        rows_to_settle: For `inconclusive`, about how many test rows would settle it with 80% probability; else None.
        reasons: The decision in sentences.
    """

    decision: Decision
    metric: str
    specialist: Estimate
    baselines: Mapping[str, Estimate]
    best_baseline: str
    comparison: Comparison
    test_rows: int
    minimum_gain: float
    rows_to_settle: int | None
    reasons: tuple[str, ...]

    def as_dict(self, *, seconds: float, cost: Mapping[str, Any]) -> dict[str, Any]:
        """The content of `evaluate/verdict.json`."""
        difference = {**self.comparison.difference.as_dict(), "p": self.comparison.corrected}
        return {
            "decision": self.decision,
            "metric": self.metric,
            "specialist": self.specialist.as_dict(),
            "baselines": [{"name": name, **score.as_dict()} for name, score in self.baselines.items()],
            "best_baseline": self.best_baseline,
            "difference": difference,
            "test": self.comparison.test,
            "test_rows": self.test_rows,
            "minimum_gain": self.minimum_gain,
            "rows_to_settle": self.rows_to_settle,
            "reasons": list(self.reasons),
            "seconds": round(seconds, 3),
            "cost": dict(cost),
        }


def decide(
    *,
    metric: str,
    higher_is_better: bool,
    specialist: Estimate,
    baselines: Mapping[str, Estimate],
    comparisons: Sequence[Comparison],
    test_rows: int,
    minimum_gain: float,
    share: bool = True,
    relative: bool = False,
    tested_on: str = "",
) -> Verdict:
    """Decide from scores and paired tests.

    `ship` needs a significant difference from the best baseline (after Holm's correction) of at least `minimum_gain`.
    `keep-baseline` needs the interval of the difference to lie below `minimum_gain`: the gain is not there. All else
    is `inconclusive`. The best baseline is the best on the test rows, which is hardest on the specialist.

    Args:
        metric: Name of the deciding metric.
        higher_is_better: Its direction.
        specialist: The specialist's score.
        baselines: Scores by baseline name; at least one.
        comparisons: One per baseline.
        test_rows: Rows that were scored.
        minimum_gain: The least difference worth a specialist, in the metric's unit.
        relative: It is a share of the best baseline's score instead.
        share: Whether the metric is a share, so that differences are told in percentage points.
        tested_on: What was tested on, in words, where that is not one set of test rows but all rows in turn.
    """
    sign = 1 if higher_is_better else -1
    best = max(baselines, key=lambda name: sign * baselines[name].value)
    least = minimum_gain * abs(baselines[best].value) if relative else minimum_gain
    asked = _size(least, share) + (f" ({minimum_gain:.1%} of the baseline's score)" if relative else "")
    comparison = next(entry for entry in comparisons if entry.baseline == best)
    gain = comparison.difference
    significant = comparison.corrected < SIGNIFICANCE
    decision: Decision
    if significant and gain.value >= least:
        decision = "ship"
    elif gain.high < least:
        decision = "keep-baseline"
    else:
        decision = "inconclusive"
    rows = _rows_to_settle(comparison, least, test_rows) if decision == "inconclusive" else None
    return Verdict(
        decision=decision,
        metric=metric,
        specialist=specialist,
        baselines=baselines,
        best_baseline=best,
        comparison=comparison,
        test_rows=test_rows,
        minimum_gain=least,
        rows_to_settle=rows,
        reasons=(
            _measured(comparison, tested_on or _counted(test_rows), share),
            _tested(comparison, significant),
            _concluded(decision, asked, test_rows, rows, "rows" if tested_on else "test rows")
            + ("" if tested_on else _or_every_row(test_rows, rows)),
        ),
    )


def _rows_to_settle(comparison: Comparison, minimum_gain: float, test_rows: int) -> int | None:
    """Test rows for an 80% chance of a decision if the measured difference is the true one; None if no number would.

    A smaller gain than asked for is settled when its interval falls below that. Any other is settled when it is both
    significant, at the level that Holm's correction leaves for this comparison, and measured to be at least as asked.
    """
    gain = comparison.difference.value
    if gain < minimum_gain:
        errors = (minimum_gain - gain) / (Z_95 + _Z_POWER)
    elif gain > minimum_gain:
        level = SIGNIFICANCE * comparison.p / comparison.corrected
        errors = min(gain / (NormalDist().inv_cdf(1 - level / 2) + _Z_POWER), (gain - minimum_gain) / _Z_POWER)
    else:
        return None
    return max(test_rows + 1, math.ceil((comparison.spread / errors) ** 2))


def _measured(comparison: Comparison, tested_on: str, share: bool) -> str:
    gain, name = comparison.difference, comparison.baseline
    size = _size(gain.value, share)
    if size == _size(0.0, share):
        told = f"The specialist scores the same as the best baseline ({name})"
    else:
        told = f"The specialist is {size} {'better' if gain.value > 0 else 'worse'} than the best baseline ({name})"
    ends = f"{_signed(gain.low, share)} to {_signed(gain.high, share)}"
    return f"{told}, 95% interval {ends}, on {tested_on}."


def _counted(test_rows: int) -> str:
    return f"{test_rows} test {'row' if test_rows == 1 else 'rows'}"


def _tested(comparison: Comparison, significant: bool) -> str:
    p = "p < 0.0001" if comparison.corrected < 0.0001 else f"p = {comparison.corrected:.2g}"
    side = "" if significant else "not "
    return f"That is {side}significant: {p} ({comparison.test}, Holm-corrected), the limit is {SIGNIFICANCE:g}."


def _concluded(decision: Decision, wanted: str, test_rows: int, rows_to_settle: int | None, kind: str) -> str:
    if decision == "ship":
        return f"It is at least the {wanted} that the recipe asks for."
    if decision == "keep-baseline":
        return f"Even the top of the interval is below the {wanted} that would be worth a specialist."
    if rows_to_settle is None:
        return f"The difference is just the {wanted} asked for; no number of {kind} settles that."
    return f"About {rows_to_settle} {kind} ({rows_to_settle - test_rows} more) would settle it, at 80% probability."


def _or_every_row(test_rows: int, rows_to_settle: int | None) -> str:
    """What else to do where testing on all rows in turn may come near to the number that is needed."""
    if rows_to_settle is None or rows_to_settle > _MORE_BY_FOLDS * test_rows:
        return ""
    return " If there are no more, `burnish cross-validate` tests every row of the data."


def _size(value: float, share: bool) -> str:
    """A difference without its sign, in percentage points or in the metric's unit."""
    return f"{abs(100 * value):.1f} points" if share else f"{abs(value):.4g}"


def _signed(value: float, share: bool) -> str:
    """A difference with its sign, typeset with a real minus."""
    return (f"{100 * value:+.1f}" if share else f"{value:+.4g}").replace("-", "\u2212")
