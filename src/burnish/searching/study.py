"""The study: every trial with its values, scores and outcome, kept by Optuna in one SQLite file.

One process alone writes to it. What it was doing when it was killed is still marked as running, which is how the next
start finds what was lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.errors import UserError
from burnish.searching.space import Dimension, label_of

if TYPE_CHECKING:
    import optuna

STUDY_FILE = "study.db"
_NAME = "sweep"
_MOST_REPEATS = 100  # proposals in a row that were tried before; then there is nothing new
_MOST_ATTEMPTS = 3  # of a trial whose process is killed each time
_BEFORE_PRUNING = 4  # finished trials that there must be to compare with
# What a trial notes about itself (Optuna's user attributes).
_OWN, _VALUES, _WHY, _ENDED, _REPEATS, _ATTEMPT = "recipe", "values", "why", "ended", "repeats", "attempt"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A trial to do.

    Attributes:
        number: Its number; 0 is the recipe as it stands.
        values: By key.
        own: True for the recipe as it stands.
        trial: Optuna's.
    """

    number: int
    values: dict[str, Any]
    own: bool
    trial: optuna.Trial


class Study:
    """The study in a folder, new or continued."""

    def __init__(
        self,
        folder: Path,
        space: Sequence[Dimension],
        *,
        higher_is_better: bool,
        trials: int,
        prune_from: int,
        seed: int,
    ) -> None:
        """Open the study and put back what an earlier process left undone.

        Args:
            folder: Where the study's file is.
            space: What is searched.
            higher_is_better: Which way scores go.
            trials: How many there may be.
            prune_from: The first epoch after which weak trials are stopped; 0: none is.
            seed: Seed of what is drawn.

        Raises:
            UserError: The file is damaged.
        """
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._sign = 1.0 if higher_is_better else -1.0
        with storage_faults_explained(folder):
            storage = optuna.storages.RDBStorage(
                "sqlite://",  # a path in an address would be read for signs (? % {) that it may hold
                engine_kwargs={"creator": lambda: sqlite3.connect(folder / STUDY_FILE, timeout=60)},
            )
            # Scores are kept such that more is better, so that one study has one way to go.
            self._study = optuna.create_study(
                storage=storage, study_name=_NAME, direction="maximize", load_if_exists=True
            )
        begun = len(self._study.get_trials(deepcopy=False))
        startup = min(10, max(4, trials // 4))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # older releases call the last two experimental
            self._guided = optuna.samplers.TPESampler(
                n_startup_trials=startup,
                seed=_seed(seed, begun),
                warn_independent_sampling=False,
                multivariate=True,
                constant_liar=True,
            )
        self._blind = optuna.samplers.RandomSampler(seed=_seed(seed, begun))
        median = optuna.pruners.MedianPruner(n_startup_trials=_BEFORE_PRUNING, n_warmup_steps=prune_from)
        self._study.pruner = median if prune_from else optuna.pruners.NopPruner()
        self._put_back()
        self._line_up(trials)

    def propose(self) -> Proposal | None:
        """The next trial to do, or None where nothing new is found."""
        if self._is_grid and not self._waits():
            return None
        seen = [trial.user_attrs.get(_VALUES) for trial in self._counted_or_running()]
        self._study.sampler = self._guided
        for _ in range(_MOST_REPEATS):
            trial = self._ask()
            own = bool(trial.user_attrs.get(_OWN))
            values = self._values(trial, own)
            if own or values not in seen:
                trial.set_user_attr(_VALUES, values)
                return Proposal(number=trial.number, values=values, own=own, trial=trial)
            trial.set_user_attr(_REPEATS, True)
            self._fail(trial)
            self._study.sampler = self._blind  # the other one would propose the same once more
        return None

    def report(self, proposal: Proposal, epoch: int, score: float) -> bool:
        """Note a score on the way; returns whether to go on."""
        proposal.trial.report(self._sign * score, epoch)
        return proposal.own or not proposal.trial.should_prune()

    def complete(self, proposal: Proposal, ended: Mapping[str, Any]) -> None:
        """Note how a trial ended: `score`, `loss`, and more that is worth keeping."""
        proposal.trial.set_user_attr(_ENDED, dict(ended))
        self._study.tell(proposal.trial, self._sign * ended["score"])

    def prune(self, proposal: Proposal, ended: Mapping[str, Any]) -> None:
        """Note that a trial was stopped because it did worse than most."""
        from optuna.trial import TrialState

        proposal.trial.set_user_attr(_ENDED, dict(ended))
        self._study.tell(proposal.trial, state=TrialState.PRUNED)

    def fail(self, proposal: Proposal, why: str) -> None:
        """Note that a trial cannot be done, and why."""
        proposal.trial.set_user_attr(_WHY, why)
        self._fail(proposal.trial)

    def put_back(self, proposal: Proposal) -> None:
        """Forget a trial that was stopped for no fault of its own; a later start does it again."""
        self._put_back([proposal.number])

    def count(self) -> int:
        """Trials that have come to an end of their own."""
        return sum(_is_counted(trial) for trial in self._study.get_trials(deepcopy=False))

    def seconds(self) -> float:
        """Seconds that were spent so far, over all starts."""
        return float(self._study.user_attrs.get("seconds", 0.0))

    def note_seconds(self, seconds: float) -> None:
        """Keep how long it has taken so far."""
        self._study.set_user_attr("seconds", seconds)

    def rows(self) -> list[dict[str, Any]]:
        """Every trial in order: number, state, own, values, score, loss, epochs, seconds, why, scores by epoch."""
        trials = self._study.get_trials(deepcopy=False)
        return [_row(trial, self._sign) for trial in trials if _is_shown(trial)]

    def importance(self) -> dict[str, float]:
        """The share of the scores' variance that each key explains (fANOVA, Hutter et al. 2014); empty for few trials.

        Only trials that ended count, and only those with a value of every key within its range.
        """
        import optuna
        from optuna.trial import TrialState

        keys = {dimension.key for dimension in self._space}
        done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        whole = [trial for trial in done if keys <= trial.params.keys()]
        if len(whole) < _BEFORE_PRUNING or len({trial.value for trial in whole}) < 2:
            return {}
        apart = optuna.create_study(direction="maximize")
        apart.add_trials(whole)
        found = optuna.importance.get_param_importances(
            apart, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
        )
        return {key: float(share) for key, share in found.items() if math.isfinite(share)}

    def _ask(self) -> optuna.Trial:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._study.ask()

    def _values(self, trial: optuna.Trial, own: bool) -> dict[str, Any]:
        """The values of a trial. What the recipe says may lie outside a range; Optuna then does not hear of it."""
        values = {}
        for dimension in self._space:
            if own and not dimension.holds_own():
                values[dimension.key] = dimension.own
                continue
            drawn = _draw(trial, dimension)
            values[dimension.key] = dimension.own if own else drawn
        return values

    def _line_up(self, trials: int) -> None:
        """Queue the recipe as it stands, and where there are few enough combinations, every one of them."""
        from optuna.trial import TrialState

        known = self._study.get_trials(deepcopy=False)
        if not any(trial.user_attrs.get(_OWN) and trial.state != TrialState.FAIL for trial in known):
            fixed = {each.key: label_of(each.own) for each in self._space if each.holds_own()}
            self._study.enqueue_trial(fixed, user_attrs={_OWN: True})
        self._is_grid = math.prod(dimension.size() for dimension in self._space) <= trials
        if self._is_grid:
            for members in itertools.product(*(dimension.members() for dimension in self._space)):
                labels = [label_of(member) for member in members]
                fixed = dict(zip([dimension.key for dimension in self._space], labels, strict=True))
                self._study.enqueue_trial(fixed, skip_if_exists=True)

    def _put_back(self, numbers: Sequence[int] = ()) -> None:
        """Mark running trials as failed and queue their values again."""
        from optuna.trial import TrialState

        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if numbers and trial.number not in numbers:
                continue
            attempt = trial.user_attrs.get(_ATTEMPT, 1)
            known = trial.params if _VALUES in trial.user_attrs else trial.system_attrs.get("fixed_params", {})
            own = bool(trial.user_attrs.get(_OWN))
            if attempt < _MOST_ATTEMPTS and (known or own):
                self._study.enqueue_trial(known, user_attrs={_ATTEMPT: attempt + 1, _OWN: own})
            self._study.tell(trial.number, state=TrialState.FAIL)

    def _waits(self) -> bool:
        from optuna.trial import TrialState

        return bool(self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))

    def _fail(self, trial: optuna.Trial) -> None:
        from optuna.trial import TrialState

        self._study.tell(trial, state=TrialState.FAIL)

    def _counted_or_running(self) -> list[optuna.trial.FrozenTrial]:
        from optuna.trial import TrialState

        trials = self._study.get_trials(deepcopy=False)
        return [trial for trial in trials if _is_counted(trial) or trial.state == TrialState.RUNNING]


@contextlib.contextmanager
def storage_faults_explained(folder: Path) -> Iterator[None]:
    """Turn what SQLite refuses (the file is damaged, the disk is full) into a UserError that names the file."""
    import optuna
    import sqlalchemy

    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.DatabaseError) as error:
        told = error.__cause__ or error
        reason = str(getattr(told, "orig", told)).partition("\n")[0]
        raise UserError(
            f"the study cannot be read or written: {reason}",
            where=str(folder / STUDY_FILE),
            fix="Free some space, or delete the folder to begin the sweep again.",
        ) from error


def _draw(trial: optuna.Trial, dimension: Dimension) -> Any:
    """What Optuna proposes for a key, as it is trained with."""
    key, low, high = dimension.key, dimension.low, dimension.high
    if dimension.kind == "choice":
        labels = [label_of(value) for value in dimension.values]
        drawn: Any = trial.suggest_categorical(key, labels)
        return dimension.values[labels.index(drawn)]
    if dimension.kind == "whole":
        step = int(dimension.step)
        return dimension.tidy(trial.suggest_int(key, int(low), int(high), step=step, log=dimension.log))
    step_or_none = dimension.step or None
    return dimension.tidy(trial.suggest_float(key, low, high, step=step_or_none, log=dimension.log))


def _seed(seed: int, begun: int) -> int:
    """A seed for this start: a continued study must not draw again what it drew when it began."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{begun}".encode()).digest()[:4])


def _is_counted(trial: optuna.trial.FrozenTrial) -> bool:
    """Whether a trial came to an end of its own: scored, stopped as too weak, or impossible."""
    from optuna.trial import TrialState

    return trial.state in {TrialState.COMPLETE, TrialState.PRUNED} or _WHY in trial.user_attrs


def _is_shown(trial: optuna.trial.FrozenTrial) -> bool:
    return trial.state.is_finished() and _REPEATS not in trial.user_attrs and _VALUES in trial.user_attrs


def _row(trial: optuna.trial.FrozenTrial, sign: float) -> dict[str, Any]:
    from optuna.trial import TrialState

    states = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}
    otherwise = "failed" if _WHY in trial.user_attrs else "interrupted"
    ended = trial.user_attrs.get(_ENDED, {})
    return {
        "number": trial.number,
        "state": states.get(trial.state, otherwise),
        "own": bool(trial.user_attrs.get(_OWN)),
        "score": ended.get("score"),
        "loss": ended.get("loss"),
        "epochs": ended.get("epochs"),
        "seconds": ended.get("seconds"),
        "values": trial.user_attrs[_VALUES],
        "scores": {str(epoch): sign * value for epoch, value in sorted(trial.intermediate_values.items())},
        "why": trial.user_attrs.get(_WHY, ""),
    }
