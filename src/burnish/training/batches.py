"""Put rows of similar length together, so that little is computed on padding."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

BUCKET_BATCHES = 50  # rows are sorted by length within this many batches: near-random order, little padding


def training_batches(
    lengths: Sequence[int], rows: Sequence[int], batch_size: int, seed: int, epoch: int
) -> list[list[int]]:
    """Shuffled batches of row positions for one epoch; the same for the same arguments.

    Args:
        lengths: Units of every row.
        rows: Positions of the rows that this epoch takes.
        batch_size: Rows in a batch; the last may have fewer.
        seed: The run's seed.
        epoch: Epoch number, from 0.
    """
    generator = random.Random(f"{seed}/{epoch}")
    order = list(rows)
    generator.shuffle(order)
    batches = []
    for begin in range(0, len(order), batch_size * BUCKET_BATCHES):
        bucket = sorted(order[begin : begin + batch_size * BUCKET_BATCHES], key=lambda row: lengths[row])
        batches += [bucket[i : i + batch_size] for i in range(0, len(bucket), batch_size)]
    generator.shuffle(batches)
    return batches


def rows_of_epoch(own: int, replayed: int, share: float, seed: int, epoch: int) -> list[int]:
    """Positions of the rows of an epoch: all of one's own, and other general rows each time.

    Args:
        own: Number of own rows; they come first.
        replayed: Number of general rows, after them.
        share: General rows to take per own row.
        seed: The run's seed.
        epoch: Epoch number, from 0.
    """
    taken = min(replayed, round(share * own))
    generator = random.Random(f"{seed}/{epoch}/replay")
    return [*range(own), *sorted(generator.sample(range(own, own + replayed), taken))]


def parts_of(batch: Sequence[int], lengths: Sequence[int], most_rows: int, units: int) -> list[list[int]]:
    """Parts of a batch that are computed one after the other; the whole batch where it is small enough.

    Args:
        batch: Row positions.
        lengths: Units of every row that there is.
        most_rows: Most rows in a part.
        units: Most padded units in a part; a row longer than that is a part of its own.
    """
    parts = []
    for begin in range(0, len(batch), most_rows):
        part = list(batch[begin : begin + most_rows])
        inside = [lengths[row] for row in part]
        whole = max(inside) * len(part) <= units
        parts += [part] if whole else [[part[i] for i in chosen] for chosen in reading_batches(inside, units)]
    return parts


def reading_batches(
    lengths: Sequence[int], units: int, most_rows: int = 256, most_padding: int = sys.maxsize
) -> list[list[int]]:
    """Batches for predicting: rows by length, each batch within `units` when padded, longest rows first.

    The longest first: if memory is short, it shows at once.

    Args:
        lengths: Units of every row.
        units: Most padded units in a batch; a row longer than that is a batch of its own.
        most_rows: Most rows in a batch.
        most_padding: Most units of padding in a batch: what another batch costs.
    """
    batches: list[list[int]] = []
    padding = 0
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        current = batches[-1] if batches else []
        longest = lengths[current[0]] if current else 0
        padding += longest - lengths[row]
        fits = (len(current) + 1) * longest <= units and padding <= most_padding
        if current and len(current) < most_rows and fits:
            current.append(row)
        else:
            batches.append([row])
            padding = 0
    return batches
