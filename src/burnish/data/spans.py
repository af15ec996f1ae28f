"""Whether a column of spans is one that a tagger can learn, and what to say where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from burnish.data.labels import FEW_ROWS_PER_CLASS, LEAST_ROWS_PER_CLASS, labels_alike, rare_labels, with_counts
from burnish.errors import UserError
from burnish.finding import Finding, counted
from burnish.spans.reading import Span
from burnish.spans.words import word_bounds

_LISTED = 8
_AROUND = 10  # characters shown to either side of a span


def examine_spans(texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[Finding]:
    """Findings about spans.

    Args:
        texts: The texts.
        spans: Those of each text.

    Raises:
        UserError: No tagger can be trained on them: there are none, or a kind stands in too few rows to be split.
    """
    rows = Counter(label for own in spans for label in {span.label for span in own})
    _refuse_unlearnable(rows, len(texts))
    findings = []
    if few := rare_labels(rows):
        findings.append(
            Finding(
                name="rare-classes",
                severity="warning",
                count=len(few),
                text=f"{len(few)} of {len(rows)} kinds of spans stand in fewer than {FEW_ROWS_PER_CLASS} rows",
                consequence="they will hardly be learned, and their scores will be uncertain",
                repair="collect more rows with these kinds, or merge them into others; `rare-classes: drop` leaves "
                "them out",
                examples=with_counts(few, rows),
            )
        )
    findings += labels_alike(rows)
    if within := _within_words(texts, spans):
        findings.append(
            Finding(
                name="spans-within-words",
                severity="warning" if len(within) > sum(map(len, spans)) / 20 else "note",
                count=len(within),
                text=f"{counted(len(within), 'span begins or ends', 'spans begin or end')} within a word",
                consequence="words are found whole: no system can get these exactly right",
                repair="the words that they touch are learned; check where these spans begin and end",
                examples=tuple(within[:_LISTED]),
            )
        )
    return findings


def _refuse_unlearnable(rows: Counter[str], total: int) -> None:
    if not total:
        raise UserError(
            "no rows are left to learn from",
            where="the data",
            fix="Look at the reasons in the ledger: rows without text or spans, repeated, contradicting, or in the "
            "test file too.",
        )
    if not rows:
        raise UserError(
            f"none of the {total} rows has a span: there is nothing to learn",
            where="the spans column",
            fix="Name another column with `spans:` under `data:` (--set data.spans=COLUMN).",
        )
    if tiny := sorted(label for label, count in rows.items() if count < LEAST_ROWS_PER_CLASS):
        shown = ", ".join(f"{label!r} ({rows[label]})" for label in tiny[:_LISTED])
        more = f" and {len(tiny) - _LISTED} more" if len(tiny) > _LISTED else ""
        raise UserError(
            f"these kinds of spans stand in too few rows to be trained and tested: {shown}{more}; each needs at least "
            f"{LEAST_ROWS_PER_CLASS}",
            where="the spans column",
            fix="Add rows with these kinds, or merge them into others; or write `rare-classes: drop` under `checks:`, "
            "which leaves all rows out that have rare kinds.",
        )


def _marked(text: str, span: Span) -> str:
    begin, end = max(0, span.start - _AROUND), span.end + _AROUND
    return f"{text[begin : span.start]}[{text[span.start : span.end]}]{text[span.end : end]}"


def _within_words(texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[str]:
    """Spans, shown in what stands around them, that do not begin and end where words do."""
    found = []
    for text, own in zip(texts, spans, strict=True):
        if not own:
            continue
        bounds = word_bounds(text)
        begins, ends = {begin for begin, _ in bounds}, {end for _, end in bounds}
        found += [_marked(text, span) for span in own if span.start not in begins or span.end not in ends]
    return found
