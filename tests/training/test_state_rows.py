"""Rows of a batch: their keys, and their states without padding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from burnish.training.state_rows import form_of, row_keys


def batch(*rows: list[int], left: bool = False, extra: int = 0) -> dict[str, Tensor]:
    """Token ids and their mask, padded on the right (or left), `extra` more than needed."""
    longest = max(map(len, rows)) + extra
    ids, mask = torch.zeros(len(rows), longest, dtype=torch.int64), torch.zeros(len(rows), longest, dtype=torch.int64)
    for number, row in enumerate(rows):
        place = slice(longest - len(row), None) if left else slice(0, len(row))
        ids[number, place] = torch.tensor(row)
        mask[number, place] = 1
    return {"input_ids": ids, "attention_mask": mask}


def test_padding_does_not_count() -> None:
    alone = row_keys(batch([5, 6])) + row_keys(batch([7])) + row_keys(batch([5, 6, 0]))
    together = row_keys(batch([5, 6], [7], [5, 6, 0], extra=4))
    assert alone == together
    assert len(set(together)) == 3
    other = batch([5, 6], [7], [5, 6, 0], extra=4)
    other["input_ids"][other["attention_mask"] == 0] = 9  # whatever stands in the padding
    assert row_keys(other) == together


def test_the_place_of_tokens_counts() -> None:
    assert row_keys(batch([5, 6], [7, 8, 9], left=True))[0] != row_keys(batch([5, 6], [7, 8, 9]))[0]
    assert row_keys(batch([5, 6], [7, 8, 9], left=True))[0] != row_keys(batch([5, 6], [7, 8], left=True))[0]
    gap = torch.tensor([[1, 1, 0, 1], [1, 1, 0, 1], [1, 0, 1, 1]])
    ids = torch.tensor([[5, 6, 0, 7], [5, 6, 0, 8], [5, 6, 0, 7]])
    assert len(set(row_keys({"input_ids": ids, "attention_mask": gap}))) == 3


def test_everything_else_counts() -> None:
    plain = batch([5, 6], [7, 8])
    keys = [
        row_keys(plain)[0],
        row_keys({"input_ids": plain["input_ids"]})[0],
        row_keys({**plain, "token_type_ids": torch.zeros(2, 2, dtype=torch.int64)})[0],
        row_keys({**plain, "token_type_ids": torch.ones(2, 2, dtype=torch.int64)})[0],
        row_keys({**plain, "position_ids": torch.zeros(2, 2, dtype=torch.int64)})[0],
        row_keys({**plain, "input_ids": plain["input_ids"].int()})[0],
        row_keys({"pixels": torch.zeros(2, 4)})[0],
        row_keys({"pixels": torch.zeros(2, 2, 2)})[0],
        row_keys({"pixels": torch.zeros(2, 4, dtype=torch.bfloat16)})[0],
        row_keys({"pixels": torch.full((2, 4), 0.5, dtype=torch.bfloat16)})[0],
        row_keys({"pixels": torch.zeros(2)})[0],
        row_keys({"pixels": torch.ones(2)})[0],
        row_keys({"flags": torch.ones(2, 3, dtype=torch.bool)})[0],
    ]
    assert len(set(keys)) == len(keys)


def test_other_tensors_go_by_the_mask_too() -> None:
    first = {**batch([5, 6], [7, 8, 9]), "boxes": torch.arange(24.0).reshape(2, 3, 4)}
    second = {**batch([5, 6]), "boxes": torch.arange(8.0).reshape(1, 2, 4)}
    assert row_keys(first)[0] == row_keys(second)[0]
    second["boxes"][0, 1, 3] = -1
    assert row_keys(first)[0] != row_keys(second)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("left", [False, True])
def test_states_go_by_token_and_come_back(dtype: torch.dtype, left: bool) -> None:
    inputs = batch([5, 6], [7, 8, 9], [1], left=left)
    states = torch.randn(3, 3, 4).to(dtype)
    form = form_of(states, inputs)
    assert form.by_token
    assert form.width == (4,)
    rows = form.cut(states, inputs)
    assert rows is not None
    assert [row.shape for row in rows] == [(2, 4), (3, 4), (1, 4)]
    assert all(row.dtype == form.in_numpy for row in rows)
    others = batch([7, 8, 9], [1], left=left, extra=2)
    joined = form.join([rows[1], rows[2]], others)
    assert joined.dtype == dtype
    mask = others["attention_mask"].bool()
    assert torch.equal(joined[0][mask[0]], states[1][inputs["attention_mask"][1].bool()])
    assert torch.equal(joined[1][mask[1]], states[2][inputs["attention_mask"][2].bool()])
    assert not joined[~mask].any()


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 4)])
def test_states_of_whole_rows_come_back(shape: tuple[int, ...]) -> None:
    inputs = {"pixels": torch.zeros(2, 7)}
    states = torch.randn(2, *shape)
    form = form_of(states, inputs)
    assert not form.by_token
    rows = form.cut(states, inputs)
    assert rows is not None
    assert torch.equal(form.join(rows[::-1], inputs), states.flip(0))


def test_features_do_not_go_by_token() -> None:
    inputs = batch([5, 6], [7, 8])
    assert not form_of(torch.zeros(2, 2), inputs).by_token
    assert not form_of(torch.zeros(2, 3, 4), inputs).by_token
    assert not form_of(torch.zeros(2, 2, 4), {**inputs, "attention_mask": torch.zeros(2, 2)}).by_token


def test_states_of_another_form_are_not_cut() -> None:
    inputs = batch([5, 6], [7, 8])
    form = form_of(torch.zeros(2, 2, 4), inputs)
    assert form.cut(torch.zeros(2, 2, 5), inputs) is None
    assert form.cut(torch.zeros(2, 2, 4).double(), inputs) is None
    half = replace(form, kept=torch.float16)
    states = torch.randn(2, 2, 4)
    rows = half.cut(states, inputs)
    assert rows is not None
    assert rows[0].dtype == np.float16
    back = half.join(rows, inputs)
    assert back.dtype == torch.float32
    assert torch.allclose(back, states, atol=1e-2)
    states[1, 1, 1] = 1e6
    assert half.cut(states, inputs) is None  # it would become infinite
    assert form.cut(states, inputs) is not None
