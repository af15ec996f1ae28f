"""A sweep in progress: which trial comes next, and what is made of what trials say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from burnish.errors import UserError
from burnish.events import Event, Note, Progress
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder
from burnish.searching.results import best_of, deciding_metric
from burnish.searching.space import Dimension
from burnish.searching.study import Proposal, Study
from burnish.searching.trial import SWEEP_FOLDER, Said, clean_trials

_SECONDS_BETWEEN_LOOKS = 0.1
_FIRST_PRUNED = 2  # after the first epoch, scores say how fast a rate is, not how good


class Search:
    """A sweep in progress: what comes next, and what is made of what trials say."""

    def __init__(self, recipe: Recipe, folder: RunFolder, space: Sequence[Dimension]) -> None:
        """Open the study of a run folder."""
        settings = recipe.sweep
        self.recipe, self.folder, self.space = recipe, folder, space
        self.place = folder.root / SWEEP_FOLDER
        self.metric = deciding_metric(recipe, folder)
        self.study = Study(
            self.place,
            space,
            higher_is_better=self.metric.higher_is_better,
            trials=settings.trials,
            prune_from=max(_FIRST_PRUNED, recipe.training.epochs // 2) if settings.prune else 0,
            seed=recipe.seed,
        )
        self.stopped = ""
        self._news: list[Event] = []
        self._at_work: dict[int, Said] = {}  # by trial, the last that it said
        self._best: dict[int, Said] = {}  # by trial at work, its best validation
        self._trial_began: dict[int, float] = {}
        self._warned: set[str] = set()
        self._began = time.monotonic() - self.study.seconds()
        self._looked = 0.0
        clean_trials(folder)
        self._look_up()

    @property
    def done(self) -> int:
        """Trials that have come to an end of their own, in this start and earlier ones."""
        return self._done

    def beginning(self) -> str:
        """What is going to be done, in a sentence."""
        settings, done = self.recipe.sweep, self._done
        keys = ", ".join(dimension.key for dimension in self.space)
        limit = f", or {settings.minutes:g} minutes" if settings.minutes else ""
        earlier = f"; {done} are done" if done else ""
        return f"{settings.trials} trials{limit} over {keys}{earlier}"

    def next(self) -> Proposal | None:
        """The next trial, or None where the sweep comes to its end; then `stopped` says why."""
        if self._done + len(self._at_work) >= self.recipe.sweep.trials:
            self.stopped = "all trials are done"
        elif self.time_is_up():
            self.stopped = "the time is up"
        elif self.stopped:
            pass
        elif (proposal := self.study.propose()) is not None:
            self._at_work[proposal.number] = Said()
            self._trial_began[proposal.number] = time.monotonic()
            return proposal
        else:
            self.stopped = "every combination has been tried"
        return None

    def time_is_up(self) -> bool:
        """Whether the minutes are used up. The recipe as it stands may end: without it there is nothing to compare."""
        minutes = self.recipe.sweep.minutes
        return bool(minutes) and self._used() >= 60 * minutes and self._own_is_done

    def hear(self, proposal: Proposal, said: Said) -> bool:
        """Take in what a trial says; returns whether it is to go on.

        Raises:
            UserError: The recipe as it stands cannot be trained.
        """
        self._at_work[proposal.number] = said
        if said.warning and said.warning not in self._warned:
            self._warned.add(said.warning)
            self._news.append(Note(text=f"trial {proposal.number}: {said.warning}", level="warning"))
        if said.failed is not None:
            self._failed(proposal, said.failed)
        elif said.ended is not None:
            self.study.complete(proposal, said.ended)
            self._end(proposal)
            self._tell_score(proposal, said.ended["score"])
        elif self.time_is_up():
            self.give_up(proposal)
            return False
        elif said.score is not None:
            return self._validated(proposal, said)
        return True

    def give_up(self, proposal: Proposal) -> None:
        """Stop a trial that is at work; a later start does it again."""
        self.study.put_back(proposal)
        self._end(proposal)
        self._news.append(Note(text=f"trial {proposal.number}: stopped, the time is up"))

    def news(self) -> Iterator[Event]:
        """What is worth telling since the last time, and now and then how far the sweep has come."""
        if not self._news and time.monotonic() - self._looked < _SECONDS_BETWEEN_LOOKS:
            return
        self._looked = time.monotonic()
        yield from self._news
        self._news.clear()
        settings = self.recipe.sweep
        figures = {f"best {self.metric.name}": f"{self._leader['score']:.4f}"} if self._leader else {}
        now = ", ".join(f"{number} ({said.share:.0%})" for number, said in sorted(self._at_work.items()))
        figures |= {"now": f"trial {now}"} if now else {}
        if settings.minutes:
            figures["time"] = f"{self._used() / 60:.1f} of {settings.minutes:g} min"
        done = self._done + sum(said.share for said in self._at_work.values())
        yield Progress(work="trials", done=min(done, settings.trials), total=settings.trials, figures=figures)

    def _validated(self, proposal: Proposal, said: Said) -> bool:
        assert said.score is not None
        number, sign = proposal.number, 1 if self.metric.higher_is_better else -1
        before = self._best.get(number)
        if before is None or before.score is None or sign * said.score > sign * before.score:
            self._best[number] = said
        if self.study.report(proposal, said.epoch, said.score):
            return True
        best = self._best[number]
        seconds = round(time.monotonic() - self._trial_began[number], 3)
        ended = {"score": best.score, "loss": best.loss, "epochs": said.epoch, "seconds": seconds}
        self.study.prune(proposal, ended)
        self._end(proposal)
        text = (
            f"trial {number}: stopped after epoch {said.epoch}; {self.metric.name} {said.score:.4f} is below the median"
        )
        self._news.append(Note(text=text))
        return False

    def _failed(self, proposal: Proposal, failed: dict[str, str]) -> None:
        self.study.fail(proposal, failed["what"])
        self._end(proposal)
        if proposal.own:
            raise UserError(
                f"the recipe as it stands cannot be trained: {failed['what']}",
                where=failed["where"],
                fix=failed["fix"],
            )
        told = f"trial {proposal.number} cannot be done ({_shown(proposal.values)}): {failed['what']}"
        self._news.append(Note(text=told, level="warning"))

    def _tell_score(self, proposal: Proposal, score: float) -> None:
        leads = self._leader is not None and self._leader["number"] == proposal.number and self._done > 1
        what = "the recipe as it stands" if proposal.own else _shown(proposal.values)
        best = " (best so far)" if leads else ""
        self._news.append(Note(text=f"trial {proposal.number}: {self.metric.name} {score:.4f}{best}: {what}"))

    def _end(self, proposal: Proposal) -> None:
        for kept in (self._at_work, self._best, self._trial_began):
            kept.pop(proposal.number, None)
        self.study.note_seconds(self._used())
        self._look_up()

    def _look_up(self) -> None:
        """Read again from the study how many trials are done, and which one leads."""
        rows = self.study.rows()
        self._done = self.study.count()
        self._own_is_done = any(row["own"] and row["state"] == "complete" for row in rows)
        self._leader = best_of(rows, higher_is_better=self.metric.higher_is_better)

    def _used(self) -> float:
        return time.monotonic() - self._began


def _shown(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.partition('.')[2]} {value}" for key, value in values.items())
