"""A conditional random field on what words look like (Lafferty et al. 2001): hard to beat, and free to run.

CRFsuite (Okazaki 2007) fits it; its weights are kept as plain arrays, and answers are computed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.baselines.word_features import ALWAYS, word_features
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.errors import UserError
from burnish.metrics.spans import SPAN_F1
from burnish.spans.chain import forward_backward
from burnish.spans.predictions import span_predictions
from burnish.spans.reading import as_dicts, read_spans
from burnish.spans.tags import tag_names, tags_of_words
from burnish.spans.words import word_bounds

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

STRENGTHS = ((0.1, 0.01), (0.03, 0.1), (0.0, 1.0))  # of the L1 and L2 penalties
_ITERATIONS = 100
_NEVER = -50.0  # the logarithm of hardly any probability
_ARRAYS, _FEATURES = "crf.safetensors", "features.json"


@dataclass(frozen=True, kw_only=True)
class Crf:
    """A fitted field.

    Attributes:
        features: The line of every feature's weights.
        weights: float64 (features, tags).
        follow: float64 (tags, tags), of a tag after another.
        targets: Gives the kinds of spans.
    """

    features: dict[str, int]
    weights: FloatArray
    follow: FloatArray
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """The best sequence by the probability of every word's tag, the whole row considered."""
        found = [self._probabilities(row) for row in rows]
        tags = self.weights.shape[1]
        return span_predictions(np.concatenate([*found, np.zeros((0, tags))]), rows, self.targets)

    def _probabilities(self, row: Any) -> FloatArray:
        """The probability of every word's tag, float64 (words, tags)."""
        words = word_features(row)
        scores = np.zeros((len(words), self.weights.shape[1]))
        for place, features in enumerate(words):
            known = [line for feature in features if (line := self.features.get(feature)) is not None]
            scores[place] = self.weights[known].sum(axis=0)
        return forward_backward(scores, np.broadcast_to(self.follow, (max(0, len(words) - 1), *self.follow.shape)))

    def save(self, folder: Path) -> None:
        """Write the features' names as JSON and the weights as safetensors."""
        from safetensors.numpy import save_file

        save_file({"weights": self.weights, "follow": self.follow}, folder / _ARRAYS)
        (folder / _FEATURES).write_text(json.dumps(self.features, ensure_ascii=False), encoding="utf-8")

    def head(self) -> None:
        """It does not use the model's features."""
        return


def _fit(inputs: BaselineInputs) -> Crf:
    try:
        import pycrfsuite  # noqa: F401 - said before any work
    except ImportError:
        raise UserError(
            "the baseline crf needs python-crfsuite, which is not installed",
            where="baseline",
            fix="pip install 'burnish[spans]', or pip install python-crfsuite",
        ) from None
    truths = [as_dicts(read_spans(row["spans"], row["text"], None)) for row in inputs.validation]

    def validation_f1(fitted: Crf) -> float:
        statistics = SPAN_F1.statistics(truths, fitted.predict(inputs.validation), inputs.targets)
        assert SPAN_F1.value is not None
        return float(SPAN_F1.value(statistics.sum(axis=0)))

    return max((_fitted(inputs, *strength) for strength in STRENGTHS), key=validation_f1)


def _fitted(inputs: BaselineInputs, l1: float, l2: float) -> Crf:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for row in inputs.train:
        if features := word_features(row):
            trainer.append(features, list(map(str, _tags(row, inputs.targets))))
    trainer.set_params({"c1": l1, "c2": l2, "max_iterations": _ITERATIONS, "feature.possible_transitions": True})
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        with tagger.open(path):
            return _plain(tagger.info(), inputs.targets)


def _tags(row: Any, targets: Targets) -> Sequence[int]:
    tags = tags_of_words(word_bounds(row["text"]), read_spans(row["spans"], row["text"], None), targets.labels)
    return [max(0, tag) for tag in tags]


def _plain(info: Any, targets: Targets) -> Crf:
    """The weights of a trained field as arrays; tags are written as their positions."""
    tags = len(tag_names(targets.labels))
    names = sorted({ALWAYS, *(feature for feature, _ in info.state_features)})
    features = {name: line for line, name in enumerate(names)}
    weights, follow = np.zeros((len(names), tags)), np.zeros((tags, tags))
    for (feature, tag), weight in info.state_features.items():
        weights[features[feature], int(tag)] = weight
    for (first, second), weight in info.transitions.items():
        follow[int(first), int(second)] = weight
    unknown = [tag for tag in range(tags) if str(tag) not in info.labels]  # no training word has it
    weights[features[ALWAYS], unknown] = _NEVER
    return Crf(features=features, weights=weights, follow=follow, targets=targets)


def _load(folder: Path, targets: Targets, _features: FeatureFunction) -> Crf:
    from safetensors.numpy import load_file

    arrays = load_file(folder / _ARRAYS)
    features = json.loads((folder / _FEATURES).read_text(encoding="utf-8"))
    return Crf(features=features, weights=arrays["weights"], follow=arrays["follow"], targets=targets)


CRF = Baseline(
    name="crf",
    summary="a conditional random field on what words look like and stand beside",
    uses_features=False,
    fit=_fit,
    load=_load,
)
