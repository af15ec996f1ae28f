"""Near-duplicates planted by small edits: how many are found, how many found ones are false, seconds and memory.

    python -m benchmarks.near_duplicates --rows 100000 1000000

Rows are generated sentences of 6 to 20 words, frequent words as frequent as in a language (Zipf). One row in twenty is
a copy of another one with one or two small edits: a letter changed, left out, added or swapped with the next; a word
left out or doubled; case and punctuation. A found pair is false where it is no copy with its source, nor two copies of
one source.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from typing import Any

from benchmarks.measuring import in_own_process, processor_seconds, report, table

_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
_WORDS = 20_000
_SHARE = 0.05


def sentences(rows: int, seed: int) -> list[str]:
    """Generated sentences."""
    import numpy as np

    choose = random.Random(seed)
    words = [
        "".join(choose.choices(_LETTERS, weights=range(26, 0, -1), k=choose.randint(2, 10))) for _ in range(_WORDS)
    ]
    generator = np.random.default_rng(seed)
    lengths = generator.integers(6, 21, rows)
    weights = 1 / np.arange(1, _WORDS + 1)
    chosen = iter(generator.choice(_WORDS, size=int(lengths.sum()), p=weights / weights.sum()).tolist())
    return [" ".join(words[next(chosen)] for _ in range(length)) for length in lengths.tolist()]


def edited(text: str, choose: random.Random) -> str:
    """A text after one or two small edits."""
    for _ in range(choose.randint(1, 2)):
        at, words = choose.randrange(1, len(text) - 1), text.split()
        word = choose.randrange(len(words))
        text = choose.choice(
            (
                text[:at] + choose.choice(_LETTERS) + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + choose.choice(_LETTERS) + text[at:],
                text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :],
                " ".join(words[:word] + words[word + 1 :]),
                " ".join([*words[: word + 1], *words[word:]]),
                text.capitalize() + choose.choice(".!?"),
            )
        )
    return text


def planted(rows: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts in random order, and for each the number of its source (its own for what is no copy)."""
    choose = random.Random(seed)
    copies = int(rows * _SHARE)
    own = sentences(rows - copies, seed)
    sources = [*range(len(own)), *choose.sample(range(len(own)), copies)]
    texts = [*own, *(edited(own[source], choose) for source in sources[len(own) :])]
    order = choose.sample(range(rows), rows)
    return [texts[place] for place in order], [sources[place] for place in order]


def score(sources: Sequence[int], clusters: Sequence[int]) -> dict[str, float]:
    """Share of planted copies that stand in a cluster with their source, and share of linked rows linked falsely."""
    members: dict[int, list[int]] = {}
    for row, source in enumerate(sources):
        members.setdefault(source, []).append(row)
    pairs = [rows for rows in members.values() if len(rows) > 1]
    found = sum(clusters[one] == clusters[other] for one, other in pairs)
    linked = [row for row, cluster in enumerate(clusters) if cluster != row]
    false = sum(sources[row] != sources[clusters[row]] for row in linked)
    return {"planted": len(pairs), "found": found / len(pairs), "false": false / max(1, len(linked))}


def run_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Find what was planted in so many rows."""
    from burnish.data.near_duplicates import near_duplicate_clusters

    texts, sources = planted(settings["rows"], settings["seed"])
    before = processor_seconds()
    clusters = near_duplicate_clusters(texts)
    return {**score(sources, clusters), "seconds": processor_seconds() - before}


def main() -> None:
    """Run every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(run_case(options.settings))
        return
    lines = []
    for rows in options.rows:
        found = in_own_process("benchmarks.near_duplicates", "burnish", rows=rows, seed=options.seed)
        shares = [f"{found['found']:.2%}", f"{found['false']:.2%}"]
        lines.append([f"{rows:,}", *shares, f"{found['seconds']:.1f}", f"{found['peak_megabytes']:,}"])
    print(table(["rows", "found", "false", "CPU s", "peak MB"], lines))


if __name__ == "__main__":
    main()
