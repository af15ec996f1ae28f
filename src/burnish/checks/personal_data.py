"""`personal-data`: e-mail addresses, telephone and card numbers, IBANs, IP addresses and names in texts."""

from __future__ import annotations

from collections import Counter

from burnish.checks.check import REPAIRS, Check, Found, Seen, each_text, short
from burnish.contracts import Row
from burnish.data.rows import ROW
from burnish.finding import counted

_WORDS = {
    "EMAIL": ("e-mail address", "e-mail addresses"),
    "IBAN": ("IBAN", "IBANs"),
    "CARD": ("card number", "card numbers"),
    "IP": ("IP address", "IP addresses"),
    "PHONE": ("telephone number", "telephone numbers"),
    "NAME": ("name", "names"),
}


def _find(seen: Seen) -> list[Found]:
    from burnish.data.personal import find_personal, masked, names_by_model, replaced

    counts: Counter[str] = Counter()
    repaired: dict[int, Row] = {}
    shown: dict[int, str] = {}
    for row, role, text in each_text(seen, seen.inputs("text")):
        if spans := find_personal(text):
            counts.update(span.kind for span in spans)
            shown.setdefault(row[ROW], short(masked(text, spans)))  # never the values themselves
            if seen.policy in REPAIRS:
                put = replaced(text, spans, seen.seed) if seen.policy == "replace" else masked(text, spans)
                repaired[row[ROW]] = {**repaired.get(row[ROW], {}), role: put}
    if not shown:
        return []
    kinds = ", ".join(counted(count, *_WORDS[kind]) for kind, count in counts.most_common())
    return [
        Found(
            severity="warning",
            text=f"{counted(len(shown), 'row holds', 'rows hold')} personal data: {kinds}",
            advice="`personal-data: repair` under `checks:` masks it, `replace` puts made-up values in its place"
            if seen.policy not in REPAIRS
            else "what comes in use should be masked in the same way",
            rows=list(shown),
            shown=shown,
            reason="personal data",
            repaired=repaired,
            figures={
                "kind": "bars",
                "title": f"Found by kind (names by {names_by_model() or 'forms of address alone: most are not found'})",
                "bars": [[_WORDS[kind][1], count] for kind, count in counts.most_common()],
            },
        )
    ]


CHECK = Check(
    name="personal-data",
    summary="e-mail addresses, telephone and card numbers, IBANs, IP addresses, names (Presidio's recognisers)",
    consequence="it stays in the run folder, and a model may learn it by heart and give it away",
    repair="it was put out of sight: `repair` masks it (`<EMAIL>`), `replace` puts a made-up value for each value",
    policies=("report", "repair", "replace", "drop", "fail", "skip"),
    inputs=frozenset({"text"}),
    library="presidio_analyzer",
    outcome="redacted",
    tests_too=True,
    find=_find,
)
