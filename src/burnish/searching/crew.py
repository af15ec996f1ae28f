"""Several trials at a time, each in a process of its own; the process that leads them alone writes to the study."""

from __future__ import annotations

import contextlib
import queue
import threading

from burnish.errors import UserError
from burnish.events import Work
from burnish.hardware import cores
from burnish.pipeline import RECIPE_FILE
from burnish.searching.search import Search
from burnish.searching.study import Proposal
from burnish.searching.trial import Said
from burnish.searching.worker import Worker

LOGS_FOLDER = "workers"
_SECONDS_BETWEEN_LOOKS = 0.5


class Crew:
    """Workers, each with the trial that it is doing, and one queue of what they say."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.busy: dict[int, Proposal] = {}  # by number of the worker
        self.heard: queue.Queue[tuple[int, Worker, Said | None]] = queue.Queue()
        self._workers: dict[int, Worker] = {}
        self._threads = max(1, (search.recipe.training.threads or cores()) // search.recipe.sweep.workers)

    def employ(self) -> None:
        """Give work to all who have none, while there is some; hire as many as are needed."""
        for number in range(self.search.recipe.sweep.workers):
            if number in self.busy:
                continue
            if (proposal := self.search.next()) is None:
                return
            self.busy[number] = proposal
            if number not in self._workers:
                self._workers[number] = self._hire(number)
            self._workers[number].train(proposal.number, proposal.values)

    def hear(self, number: int, worker: Worker, said: Said | None) -> None:
        """Take in what a worker says; None means that its process has ended."""
        proposal = self.busy.get(number)
        if said is None:
            self._lost(number, worker)
            return
        worker.has_spoken = True
        if proposal is None:
            return
        go_on = self.search.hear(proposal, said)
        if said.score is not None:
            worker.answer(go_on=go_on)
        if not go_on or said.ended is not None or said.failed is not None:
            del self.busy[number]

    def _lost(self, number: int, worker: Worker) -> None:
        """A worker's process has ended by itself.

        Raises:
            UserError: It never said anything, so that another one would not either.
        """
        code = worker.exit_code()
        worker.end()
        del self._workers[number]
        reason = f"its process ended with code {code}" if code >= 0 else f"its process was ended by signal {-code}"
        if not worker.has_spoken:
            raise UserError(f"a worker cannot begin: {reason}", where=str(worker.log), fix="Try it with one worker.")
        if (proposal := self.busy.pop(number, None)) is not None:
            fix = "Less memory is needed with fewer workers, or a smaller `training.batch-size`."
            self.search.hear(proposal, Said(failed={"what": reason, "where": str(worker.log), "fix": fix}))

    def dismiss(self) -> None:
        """End every worker."""
        for worker in self._workers.values():
            worker.end()

    def _hire(self, number: int) -> Worker:
        root = self.search.folder.root
        log = self.search.place / LOGS_FOLDER / f"{number}.log"
        worker = Worker(root, root / RECIPE_FILE, log, self._threads)
        threading.Thread(target=self._listen, args=(number, worker), daemon=True).start()
        return worker

    def _listen(self, number: int, worker: Worker) -> None:
        """Put all that a worker says into the queue, and None at its end."""
        try:
            for said in worker.lines():
                self.heard.put((number, worker, said))
        finally:
            self.heard.put((number, worker, None))


def together(search: Search) -> Work[None]:
    """Do trials with as many workers as the recipe says, until no more shall begin and all have ended."""
    crew = Crew(search)
    try:
        crew.employ()
        while crew.busy:
            with contextlib.suppress(queue.Empty):
                crew.hear(*crew.heard.get(timeout=_SECONDS_BETWEEN_LOOKS))
            if search.time_is_up():
                for proposal in crew.busy.values():
                    search.give_up(proposal)
                crew.busy.clear()
            crew.employ()
            yield from search.news()
    finally:
        crew.dismiss()
    yield from search.news()
