"""Scores of written answers against the right ones, each as sums over rows (see `contracts.Metric`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Json, Metric, Prediction, Targets

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")  # scripts without blanks: every character
_ORDERS, _BETA = 6, 2.0  # of chrF: lengths of character sequences, and how much more recall counts
_FEW_WORDS = 3.0


def words_of(text: str) -> list[str]:
    """Words in lower case, without punctuation; every character of Chinese and Japanese by itself."""
    return _WORD.findall(text.lower())


def usual_answer_metric(targets: Targets) -> str:
    """What suits the answers: exact match where they are a few words, else ROUGE-L."""
    return EXACT_MATCH.name if targets.statistics.get("answer_words", np.inf) <= _FEW_WORDS else ROUGE_L.name


def _pairs(truths: Sequence[Json], predictions: Sequence[Prediction]) -> list[tuple[str, str]]:
    return [(str(truth), str(prediction.value)) for truth, prediction in zip(truths, predictions, strict=True)]


def _per_row(
    score: Callable[[str, str], float],
) -> Callable[[Sequence[Json], Sequence[Prediction], Targets], FloatArray]:
    """Statistics of a mean over rows, (rows, 2): the score, and 1."""

    def statistics(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
        scores = [score(truth, answer) for truth, answer in _pairs(truths, predictions)]
        return np.stack([np.array(scores, dtype=np.float64), np.ones(len(scores))], axis=1)

    return statistics


def _mean(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1))


def _same(truth: str, answer: str) -> float:
    """Blanks, case and punctuation do not count, unless there is nothing else."""
    first, second = words_of(truth), words_of(answer)
    return float(first == second if first or second else truth.strip() == answer.strip())


def _harmonic(common: int, first: int, second: int) -> float:
    return 2 * common / (first + second) if first + second else 1.0


def _token_f1(truth: str, answer: str) -> float:
    first, second = Counter(words_of(truth)), Counter(words_of(answer))
    return _harmonic((first & second).total(), first.total(), second.total())


def _rouge_l(truth: str, answer: str) -> float:
    first, second = words_of(truth), words_of(answer)
    return _harmonic(_longest_common(first, second), len(first), len(second))


def _rouge_2(truth: str, answer: str) -> float:
    first, second = (Counter(pairwise(words)) for words in (words_of(truth), words_of(answer)))
    if not first and not second:
        return _same(truth, answer)
    return _harmonic((first & second).total(), first.total(), second.total())


def _longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    lengths = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for place, other in enumerate(second, start=1):
            above = lengths[place]
            lengths[place] = diagonal + 1 if word == other else max(above, lengths[place - 1])
            diagonal = above
    return lengths[-1]


def _character_counts(truths: Sequence[Json], predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    """(rows, 18): for sequences of 1 to 6 characters those of the answer, of the truth, and those in common."""
    statistics = np.zeros((len(truths), 3 * _ORDERS))
    for row, (truth, answer) in enumerate(_pairs(truths, predictions)):
        true, told = "".join(truth.split()), "".join(answer.split())
        for order in range(1, _ORDERS + 1):
            first, second = (
                Counter(text[place : place + order] for place in range(len(text) - order + 1)) for text in (true, told)
            )
            counts = (second.total() if first else 0, first.total(), (first & second).total())
            statistics[row, 3 * order - 3 : 3 * order] = counts
    return statistics


def _chrf(sums: FloatArray) -> FloatArray:
    parts = sums.reshape(*sums.shape[:-1], _ORDERS, 3)
    told, true, common = parts[..., 0], parts[..., 1], parts[..., 2]
    counted = (told > 0) & (true > 0)
    orders = np.maximum(counted.sum(-1), 1)
    precision = np.where(counted, common / np.maximum(told, 1), 0.0).sum(-1) / orders
    recall = np.where(counted, common / np.maximum(true, 1), 0.0).sum(-1) / orders
    factor = _BETA**2
    below = factor * precision + recall
    return np.asarray(np.where(below > 0, (1 + factor) * precision * recall / np.where(below > 0, below, 1), 0.0))


def _off_in_length(truth: str, answer: str) -> float:
    true = max(1, len(words_of(truth)))
    return abs(len(words_of(answer)) - len(words_of(truth))) / true


def _no_statistics(_truths: Sequence[Json], _predictions: Sequence[Prediction], _targets: Targets) -> FloatArray:
    raise TypeError("only a network can tell how probable an answer is: ask `Task.weigh`")


def _perplexity(sums: FloatArray) -> FloatArray:
    return np.asarray(np.exp(np.minimum(_mean(sums), 50.0)))


EXACT_MATCH = Metric(
    name="exact-match",
    summary="share of answers that are the right one word for word; case and punctuation do not count",
    statistics=_per_row(_same),
    value=_mean,
    paired_test="mcnemar",
)
TOKEN_F1 = Metric(
    name="token-f1",
    summary="words that answer and truth have in common (ROUGE-1): harmonic mean of precision and recall",
    statistics=_per_row(_token_f1),
    value=_mean,
)
ROUGE_2 = Metric(
    name="rouge-2", summary="pairs of words in common, as token-f1", statistics=_per_row(_rouge_2), value=_mean
)
ROUGE_L = Metric(
    name="rouge-l",
    summary="words in common in the same order: longest common subsequence, as token-f1 (Lin 2004)",
    statistics=_per_row(_rouge_l),
    value=_mean,
)
CHRF = Metric(
    name="chrf",
    summary="sequences of 1 to 6 characters in common, recall counting twice (chrF2, Popović 2015), for any language",
    statistics=_character_counts,
    value=_chrf,
)
LENGTH_ERROR = Metric(
    name="length-error",
    summary="how much longer or shorter answers are than the right ones, as a share of their words",
    statistics=_per_row(_off_in_length),
    value=_mean,
    higher_is_better=False,
    share=False,
)
PERPLEXITY = Metric(
    name="perplexity",
    summary="how surprised the model is by the right answers: as if it chose among so many tokens each time",
    statistics=_no_statistics,
    value=_perplexity,
    higher_is_better=False,
    share=False,
    relative=True,
)
ANSWER_LOSS = Metric(
    name="answer-loss",
    summary="mean negative logarithm of the probability of each token of the right answers; of perplexity",
    statistics=_no_statistics,
    value=_mean,
    higher_is_better=False,
    share=False,
)
