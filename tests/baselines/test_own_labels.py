"""The untouched model's own classes as answers: which class stands for which label, and what follows."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.baselines.own_labels import OWN_LABELS, classes_of_labels
from burnish.contracts import BaselineInputs, OwnClasses, Rows, Targets
from tests.baselines.no_model import NoModel

NAMES = ("tabby, tabby cat", "Persian cat", "dog_sled", "Eskimo dog, husky", "concatenate")


class Features(NoModel):
    """The two numbers of a row."""

    def __call__(self, rows: Rows) -> np.ndarray:
        return np.array([row["numbers"] for row in rows], dtype=np.float32)


def inputs(labels: tuple[str, ...], names: tuple[str, ...] = NAMES, **descriptions: str) -> BaselineInputs:
    weight = np.array([[1, 0], [1, 0], [9, 9], [0, 1], [9, 9]], dtype=np.float32)[: len(names)]
    own = OwnClasses(names=names, weight=weight, bias=np.zeros(len(names), dtype=np.float32))
    targets = Targets(labels=labels, counts=(1,) * len(labels), descriptions=descriptions)
    return BaselineInputs(train=[], validation=[], targets=targets, features=Features(), seed=0, own_classes=own)


def test_a_class_stands_for_the_label_that_its_name_is_or_ends_in() -> None:
    assert classes_of_labels(NAMES, inputs(("cat", "husky")).targets) == {0: 0, 1: 0, 3: 1}
    assert classes_of_labels(NAMES, inputs(("c", "dogs"), c="Persian cat", dogs="Eskimo dog").targets) == {1: 0, 3: 1}


@pytest.mark.parametrize(
    ("labels", "applies"), [(("cat", "husky"), True), (("cat", "bird"), False), (("scratch", "dent"), False)]
)
def test_it_applies_where_there_is_a_choice(labels: tuple[str, ...], applies: bool) -> None:
    assert OWN_LABELS.applies is not None
    assert OWN_LABELS.applies(inputs(labels)) is applies
    bare = inputs(labels)
    assert not OWN_LABELS.applies(
        BaselineInputs(train=[], validation=[], targets=bare.targets, features=Features(), seed=0)
    )


def test_a_label_is_as_probable_as_its_classes_together() -> None:
    fitted = OWN_LABELS.fit(inputs(("bird", "cat", "husky")))
    cat, husky = fitted.predict([{"numbers": [3, 0]}, {"numbers": [0, 3]}])
    assert (cat.value, husky.value) == ("cat", "husky")
    assert cat.scores["cat"] == pytest.approx(2 * np.exp(3) / (2 * np.exp(3) + 1))
    assert cat.scores["bird"] == 0
