"""Where the benchmarks' data comes from: a folder named by BURNISH_DATA, else the Hugging Face Hub by name."""

from __future__ import annotations

import csv
import json
import os
import random
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from burnish.data.samples import write_sample
from burnish.events import finish
from burnish.fetch.cache import cache_folder

Rows = list[tuple[str, str]]


def banking77() -> tuple[Rows, Rows]:
    """Training and test rows (text, intent) of Banking77 (Casanueva et al. 2020, CC BY 4.0)."""
    folder = _folder("banking77")
    if not (folder / "train.csv").is_file():
        _download("PolyAI/banking77", folder)
    return _read(folder / "train.csv"), _read(folder / "test.csv")


def restaurant8k() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Training and test rows of Restaurant8k (Coope et al. 2020, CC BY 4.0): text, context and spans.

    The context names the slots that the system has just asked for.

    Raises:
        SystemExit: BURNISH_DATA has no such folder.
    """
    folder = _folder("restaurant8k")
    if not (folder / "train_0.json").is_file():
        raise SystemExit(
            f"{folder} has no train_0.json: put train_0.json and test.json of span_extraction/restaurant8k there, from "
            "the repository PolyAI-LDN/task-specific-datasets on GitHub"
        )
    return _slots(folder / "train_0.json"), _slots(folder / "test.json")


def _slots(path: Path) -> list[dict[str, Any]]:
    rows = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        spans = [
            {
                "start": label["valueSpan"].get("startIndex", 0),
                "end": label["valueSpan"]["endIndex"],
                "label": label["slot"],
            }
            for label in row.get("labels", ())
        ]
        asked = row.get("context", {}).get("requestedSlots", ())
        context = " ".join(slot.replace("_", " ") for slot in asked)
        rows.append({"text": row["userInput"]["text"], "context": context, "spans": spans})
    return rows


def legal_summaries() -> list[dict[str, str]]:
    """Sections of contracts with summaries in plain English (Manor and Li 2019), in a fixed random order.

    Raises:
        SystemExit: BURNISH_DATA has no such folder.
    """
    path = _folder("legal-summaries") / "all_v1.json"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: it is in the repository lauramanor/legal_summarization on GitHub")
    rows = list(json.loads(path.read_text(encoding="utf-8")).values())
    random.Random(0).shuffle(rows)
    return [{"section": row["original_text"], "summary": row["reference_summary"], "doc": row["doc"]} for row in rows]


def reviews(domain: str, seed: int) -> Rows:
    """Text and sentiment of one domain, shuffled."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.csv"
        finish(write_sample("reviews", path, domain))
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["text"], row["sentiment"]) for row in csv.DictReader(file)]
    return subset(rows, len(rows), seed)


def subset(rows: Rows, count: int, seed: int) -> Rows:
    """`count` rows with the classes as even as they allow: one of each class in turn, in a shuffled order."""
    generator = random.Random(seed)
    by_label: dict[str, Rows] = defaultdict(list)
    for row in generator.sample(rows, len(rows)):
        by_label[row[1]].append(row)
    turns = [
        group[turn]
        for turn in range(max(map(len, by_label.values())))
        for group in by_label.values()
        if turn < len(group)
    ]
    return turns[:count]


def write(path: Path, rows: Rows) -> Path:
    """Write rows as CSV with the columns text and label."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
    return path


def _folder(name: str) -> Path:
    named = os.environ.get("BURNISH_DATA")
    return Path(named).expanduser() / name if named else cache_folder() / "benchmarks" / name


def _download(repository: str, folder: Path) -> None:
    import datasets

    folder.mkdir(parents=True, exist_ok=True)
    parts = datasets.load_dataset(repository)
    for part in ("train", "test"):
        names = parts[part].features["label"].names
        write(folder / f"{part}.csv", [(row["text"], names[row["label"]]) for row in parts[part]])


def _read(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        return [(text, label) for text, label in reader]
