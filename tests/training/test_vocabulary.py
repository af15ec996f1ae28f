"""Training with the vocabulary in use gives what training with the whole vocabulary gives."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from burnish.tasks.text_classification import TASK
from burnish.training.loop import train_epoch
from burnish.training.vocabulary import CompactEmbedding, cut_vocabulary, restore_vocabulary
from tests.training.schooling import School, open_school


def used_tokens(school: School) -> set[int]:
    return {token for example in school.lesson.examples for token in example["input_ids"]} | {0}


def test_the_cut_changes_no_answer_and_no_trained_weight(encoder: Path) -> None:
    whole, cut = open_school(encoder), open_school(encoder)
    before = whole.weights()[f"{whole.model.embeddings}.weight"]
    assert cut_vocabulary(cut.model, cut.groups, used_tokens(cut))
    assert isinstance(cut.model.network.get_submodule(cut.model.embeddings), CompactEmbedding)
    for school in (whole, cut):
        torch.manual_seed(1)
        training = school.begin()
        for _ in range(2):
            list(train_epoch(training, school.lesson))
    restore_vocabulary(cut.model)
    expected, found = whole.weights(), cut.weights()
    assert expected.keys() == found.keys()
    for name, weight in expected.items():
        assert torch.allclose(weight, found[name], atol=1e-6), name
    unused = sorted(set(range(len(before))) - used_tokens(cut))
    assert torch.equal(found[f"{cut.model.embeddings}.weight"][unused], before[unused])


def test_answers_are_the_same_while_cut(encoder: Path) -> None:
    school = open_school(encoder)
    before = TASK.predict(school.model, school.rows, school.targets)
    assert cut_vocabulary(school.model, school.groups, used_tokens(school))
    assert TASK.predict(school.model, school.rows, school.targets) == before


def test_it_is_not_cut_where_that_is_not_exact_or_not_worth_it(encoder: Path) -> None:
    school = open_school(encoder)
    full = school.model.network.get_submodule(school.model.embeddings)
    assert isinstance(full, nn.Embedding)
    assert not cut_vocabulary(school.model, school.groups, set(range(full.num_embeddings)))
    frozen = tuple(group for group in school.groups if f"{school.model.embeddings}.weight" not in group.names)
    assert not cut_vocabulary(school.model, frozen, used_tokens(school))
    school.model.network.tied = nn.Linear(full.embedding_dim, full.num_embeddings, bias=False)
    school.model.network.tied.weight = full.weight
    assert not cut_vocabulary(school.model, school.groups, used_tokens(school))
    assert school.model.network.get_submodule(school.model.embeddings) is full
