"""The pieces of a report about spans, as plain data (see `panels.py`)."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.contracts import Json, Prediction, Targets
from burnish.metrics.intervals import bootstrap_scores, interval
from burnish.metrics.spans import kind_scores, one_kind
from burnish.panels import table_panel
from burnish.spans.reading import Span, of_dicts

_SHOWN, _RIGHT_SHOWN = 30, 6
_RESAMPLES = 1000


def span_panels(
    texts: Sequence[str],
    contexts: Sequence[str],
    truths: Sequence[Json],
    predictions: Sequence[Prediction],
    targets: Targets,
) -> list[dict[str, Json]]:
    """Scores by kind, what goes wrong, and texts with their true and predicted spans, the worst errors first.

    Args:
        texts: The texts.
        contexts: What stands before each, or "".
        truths: True spans, as `Prediction.value` has them.
        predictions: The specialist's.
        targets: Gives the kinds.
    """
    panels = [_by_kind(truths, predictions, targets), _ways(truths, predictions)]
    wrong = [
        place for place, (truth, p) in enumerate(zip(truths, predictions, strict=True)) if _set(truth) != _set(p.value)
    ]
    right = [place for place, truth in enumerate(truths) if truth and place not in set(wrong)]
    wrong.sort(key=lambda place: (-_missed(truths[place], predictions[place].value), -predictions[place].confidence))
    worst = (
        f"{len(wrong)} of {len(texts)} test rows have a span that is wrong or missing. First those with most "
        "wrong spans, and among those the ones it was surest of: some will be hard, some mistakes in the data."
    )
    examples = right[:: max(1, len(right) // _RIGHT_SHOWN)][:_RIGHT_SHOWN]
    for title, caption, chosen in (
        ("Its worst errors", worst, wrong[:_SHOWN]),
        ("What it gets right", "Some of the rows whose spans are all right.", examples),
    ):
        if chosen:
            rows = [_row(texts[place], contexts[place], truths[place], predictions[place]) for place in chosen]
            labels = list(targets.labels)
            panels.append({"kind": "spans", "title": title, "caption": caption, "labels": labels, "rows": rows})
    return panels


def _set(values: Json) -> set[Span]:
    return set(of_dicts(values))


def _missed(truth: Json, answer: Json) -> int:
    return len(_set(truth) ^ _set(answer))


def _row(text: str, context: str, truth: Json, prediction: Prediction) -> dict[str, Json]:
    return {
        "text": text,
        "context": context,
        "truth": truth,
        "answer": prediction.value,
        "confidence": prediction.confidence,
    }


def _by_kind(truths: Sequence[Json], predictions: Sequence[Prediction], targets: Targets) -> dict[str, Json]:
    rows = []
    for scores in kind_scores(truths, predictions, targets):
        metric = one_kind(scores["label"])
        statistics = metric.statistics(truths, predictions, targets)
        resampled = bootstrap_scores(metric, [statistics], seed=0, resamples=_RESAMPLES)[0]
        chance = interval(scores["f1"] or 0.0, resampled)
        ends = f"{100 * chance.low:.1f} to {100 * chance.high:.1f}%" if scores["f1"] is not None else ""
        rows.append([scores["label"], scores["precision"], scores["recall"], scores["f1"], ends, scores["spans"]])
    rows.sort(key=lambda row: (row[3] is None, row[3]))
    return table_panel(
        "Kind by kind",
        "Precision: of the spans found of this kind, the share that is right in start, end and kind. Recall: of the "
        "true spans of this kind, the share that is found. The interval is of F1. Weakest first.",
        ("kind", "precision", "recall", "F1", "95% interval", "true spans"),
        rows,
        shares=(1, 2, 3),
    )


def _ways(truths: Sequence[Json], predictions: Sequence[Prediction]) -> dict[str, Json]:
    """How spans go wrong: other ends, another kind, nothing there, or missed."""
    counts = {"right": 0, "other ends": 0, "another kind": 0, "missed": 0, "nothing is there": 0}
    for truth, prediction in zip(truths, predictions, strict=True):
        true, found = _set(truth), _set(prediction.value)
        counts["right"] += len(true & found)
        for span in true - found:
            counts[_way(span, found)] += 1
        counts["nothing is there"] += sum(not any(_touch(span, other) for other in true) for span in found)
    total = max(1, sum(counts.values()))
    return table_panel(
        "How spans go wrong",
        "Every true span by what became of it, and the spans that were found where none is.",
        ("outcome", "spans", "share"),
        [(way, count, count / total) for way, count in counts.items()],
        shares=(2,),
    )


def _way(span: Span, found: set[Span]) -> str:
    touching = [other for other in found if _touch(span, other)]
    if any((other.start, other.end) == (span.start, span.end) for other in touching):
        return "another kind"
    return "other ends" if touching else "missed"


def _touch(span: Span, other: Span) -> bool:
    return span.start < other.end and other.start < span.end
