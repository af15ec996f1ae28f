"""Scores of written answers: those of rouge-score and sacrebleu, and what is special about each."""

from __future__ import annotations

import random

import numpy as np
import pytest
from rouge_score import rouge_scorer
from sacrebleu.metrics.chrf import CHRF as SACRE_CHRF

from burnish.contracts import Metric, Prediction, Targets
from burnish.metrics.answers import (
    CHRF,
    EXACT_MATCH,
    LENGTH_ERROR,
    PERPLEXITY,
    ROUGE_2,
    ROUGE_L,
    TOKEN_F1,
    usual_answer_metric,
    words_of,
)
from burnish.metrics.intervals import score_rows
from tests.making import FILLERS, NEGATIVE


def told(*answers: str) -> list[Prediction]:
    return [Prediction(value=answer, confidence=1.0) for answer in answers]


def score(metric: Metric, truths: list[str], answers: list[str]) -> float:
    return score_rows(metric, metric.statistics(truths, told(*answers), Targets()))


def texts(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        " ".join(generator.choices([*FILLERS, *NEGATIVE, "Word-play,", "it's", "42."], k=generator.randint(2, 20)))
        for _ in range(count)
    ]


@pytest.mark.parametrize(("metric", "name"), [(TOKEN_F1, "rouge1"), (ROUGE_2, "rouge2"), (ROUGE_L, "rougeL")])
def test_rouge_is_googles(metric: Metric, name: str) -> None:
    scorer = rouge_scorer.RougeScorer([name], use_stemmer=False)
    truths, answers = texts(60, 1), texts(60, 2)
    found = metric.statistics(truths, told(*answers), Targets())[:, 0]
    expected = [scorer.score(truth, answer)[name].fmeasure for truth, answer in zip(truths, answers, strict=True)]
    assert found == pytest.approx(expected)


def test_chrf_is_sacrebleus() -> None:
    truths, answers = [*texts(40, 3), "ab", "", "größer als 中文"], [*texts(40, 4), "", "x", "größer 中文"]
    expected = SACRE_CHRF().corpus_score(answers, [truths]).score / 100
    assert score(CHRF, truths, answers) == pytest.approx(expected)
    assert score(CHRF, truths[:1], answers[:1]) == pytest.approx(
        SACRE_CHRF().corpus_score(answers[:1], [truths[:1]]).score / 100
    )


def test_exact_match_does_not_mind_case_and_punctuation() -> None:
    assert score(EXACT_MATCH, ["Two days.", "no", "!"], ["two  days", "yes", "?"]) == pytest.approx(1 / 3)


def test_scripts_without_blanks_are_compared_by_characters() -> None:
    assert words_of("两天, ok") == ["两", "天", "ok"]
    assert score(TOKEN_F1, ["两天"], ["两周"]) == 0.5


def test_lengths() -> None:
    assert score(LENGTH_ERROR, ["a b c d", "a b"], ["a b", "a b c"]) == pytest.approx(0.5)


def test_perplexity_of_uniform_guesses_is_the_number_of_choices() -> None:
    statistics = np.array([[3 * np.log(8), 3.0], [np.log(8), 1.0], [0.0, 0.0]])
    assert score_rows(PERPLEXITY, statistics) == pytest.approx(8)
    with pytest.raises(TypeError, match="weigh"):
        PERPLEXITY.statistics(["a"], told("a"), Targets())


def test_short_answers_are_right_or_wrong() -> None:
    assert usual_answer_metric(Targets(statistics={"answer_words": 2.0})) == "exact-match"
    assert usual_answer_metric(Targets(statistics={"answer_words": 20.0})) == "rouge-l"
    assert usual_answer_metric(Targets()) == "rouge-l"
