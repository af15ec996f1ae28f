"""The checks run on the rows of every task: they go by the kinds of columns, never by the task's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.catalog import tasks
from burnish.checks.runner import run_checks
from burnish.data.ledger import Ledger
from burnish.events import finish
from burnish.predictor import UntouchedModel
from tests.checks.seeing import see
from tests.contracts.samples import open_toy


@pytest.mark.parametrize("name", tasks())
def test_the_rows_of_every_task_are_checked(name: str, tmp_path: Path) -> None:
    toy = open_toy(name, tmp_path)
    uses = any(baseline.uses_features for baseline in toy.task.baselines)
    ledger = Ledger()
    parts = [
        [{**row, "row": ledger.open_row(file, line)} for line, row in enumerate(rows)]
        for file, rows in (("rows", [*toy.train, *toy.validation]), ("test", toy.test))
    ]
    features = UntouchedModel(task=toy.task, load=lambda: toy.model) if uses else None
    seen = see(parts[0], parts[1], columns=toy.task.columns, features=features)
    found = finish(run_checks(seen, {}, ledger))
    assert len(found.rows) == len(parts[0])
    assert all(finding.consequence for finding in found.findings)
    assert sum(ledger.counts().values()) == len(ledger)
