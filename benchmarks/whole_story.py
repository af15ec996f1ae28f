"""The whole story with real reviews: train, serve, drift, alarm, feedback, retrain, gates, promote.

    python -m benchmarks.whole_story --folder story

A specialist for product reviews is put to work. Then people begin to send tweets. Every command is run as a user would
type it, in a working folder, and what it prints is shown. A client asks without a pause while the versions change. It
is counted how many of its requests failed, and how many tweets are answered right before and after.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.data import reviews
from benchmarks.measuring import QUIET
from burnish.errors import UserError
from burnish.faces.client import Client

LEARNED, USUAL, CHANGED, LATER = 1200, 400, 600, 400
BURNISH = [sys.executable, "-m", "burnish"]


def burnish(folder: Path, *words: object) -> None:
    """Run a command, and show it with what it prints and how long it took."""
    print("$ burnish", *words, flush=True)
    began = time.perf_counter()
    done = subprocess.run(
        [*BURNISH, *map(str, words)],
        cwd=folder,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout + (done.stderr[-2000:] if done.returncode not in {0, 3} else ""), end="")
    print(f"[{time.perf_counter() - began:.0f} s, exit code {done.returncode}]\n", flush=True)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of `burnish serve reviews`, once it is ready."""
    command = [*BURNISH, "serve", "reviews", "--port", "0", "--json"]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **QUIET}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address: str = json.loads(process.stdout.readline())["address"]
        print(json.loads(process.stdout.readline())["event"], flush=True)
        yield address
    finally:
        process.terminate()
        print(process.communicate()[0])


def ask(address: str, rows: Sequence[tuple[str, str]]) -> tuple[list[str], float]:
    """The numbers of the predictions, and the share that was right."""
    with Client(address) as client:
        answers = [client.ask("POST", "/predict", {"text": text}) for text, _ in rows]
    right = sum(bool(answer["value"] == label) for answer, (_, label) in zip(answers, rows, strict=True))
    return [answer["id"] for answer in answers], right / len(rows)


class Asker(threading.Thread):
    """A client that asks without a pause, and counts."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address, self.stopping, self.failed = address, threading.Event(), 0
        self.versions: dict[str, int] = {}

    def run(self) -> None:
        """Ask until told to stop."""
        with Client(self.address) as client:
            while not self.stopping.wait(0.01):
                try:
                    version = client.ask("POST", "/predict", {"text": "It does what it says."})["version"]
                    self.versions[version] = self.versions.get(version, 0) + 1
                except UserError:
                    self.failed += 1


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="A folder to work in, kept.")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    products, tweets = reviews("products", 0), reviews("tweets", 0)
    for rows in (products, tweets):
        random.Random(0).shuffle(rows)  # they come with one of each class in turn
    write(folder / "reviews.csv", products[:LEARNED])
    burnish(folder, "run", "reviews.csv", "--label", "sentiment", "--set", "evaluate.metric=accuracy")
    burnish(folder, "promote", "runs/reviews")
    with served(folder) as address:
        _, usual = ask(address, products[LEARNED : LEARNED + USUAL])
        burnish(folder, "watch", "reviews", "--once")
        numbers, before = ask(address, tweets[:CHANGED])
        burnish(folder, "watch", "reviews", "--once")
        truths = [(number, label) for number, (_, label) in zip(numbers, tweets, strict=False)]
        write(folder / "right.csv", truths, "id,truth")
        burnish(folder, "feedback", "reviews", "right.csv")
        asker = Asker(address)
        asker.start()
        burnish(folder, "watch", "reviews", "--once", "--promote", "--set", "training.epochs=2")
        burnish(folder, "registry", "reviews")
        time.sleep(15)
        asker.stopping.set()
        asker.join()
        _, after = ask(address, tweets[CHANGED : CHANGED + LATER])
        _, still = ask(address, products[LEARNED + USUAL : LEARNED + USUAL + LATER])
    print(f"right: products {usual:.1%}; tweets before {before:.1%}, after {after:.1%}; products after {still:.1%}")
    print(f"the client's requests by version: {asker.versions}; failed: {asker.failed}")


def write(path: Path, rows: Sequence[tuple[str, str]], header: str = "text,sentiment") -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])


if __name__ == "__main__":
    main()
