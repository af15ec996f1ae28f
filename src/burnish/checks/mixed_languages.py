"""`mixed-languages`: texts in another language than most."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from burnish.checks.check import Check, Found, Seen, numbers, short
from burnish.data.rows import ROW
from burnish.finding import counted

_MOST = 5000  # rows that are looked at, spread over all
_LEAST_LETTERS = 20  # of shorter texts it is hard to tell
_SURE = 0.99
_LEAST_ROWS, _LEAST_SHARE = 3, 0.005


def _find(seen: Seen) -> list[Found]:
    step = max(1, len(seen.rows) // _MOST)
    texts = seen.texts(seen.rows)
    told = {
        place: language
        for place in range(0, len(seen.rows), step)
        if len(texts[place]) >= _LEAST_LETTERS and (language := language_of(texts[place]))
    }
    counts = Counter(told.values())
    most = counts.most_common(1)[0][0] if counts else ""
    other = {
        language
        for language, count in counts.items()
        if language != most and count >= max(_LEAST_ROWS, _LEAST_SHARE * len(told))
    }
    places = [place for place, language in told.items() if language in other]
    if not places:
        return []
    return [
        Found(
            severity="warning" if len(places) > len(told) / 20 else "note",
            text=f"{counted(len(places), 'text is', 'texts are')} in another language than most "
            f"({most} {counts[most]}, "
            + ", ".join(f"{name} {counts[name]}" for name in sorted(other))
            + ")"
            + (f", of {len(told)} looked at" if step > 1 else ""),
            advice="use a model that has learned these languages (`burnish models`), or leave these rows out",
            rows=numbers(seen.rows, places),
            shown={seen.rows[place][ROW]: f"{told[place]}: {short(texts[place])}" for place in places},
            reason="is in another language than most",
            figures={"kind": "bars", "title": "Texts by language", "bars": [list(p) for p in counts.most_common(10)]},
        )
    ]


def language_of(text: str) -> str:
    """The language's code, or "" where it is not sure."""
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else ""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


CHECK = Check(
    name="mixed-languages",
    summary="texts of 20 letters or more that are surely in another language than most (py3langid)",
    consequence="a model that has not learned a language guesses",
    policies=("report", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    library="py3langid",
    find=_find,
)
