"""Which folds there are, and the recipe of each; and whether the data allows them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from burnish.errors import UserError
from burnish.finding import counted
from burnish.recipe import CostSettings, Recipe
from burnish.sweep_settings import SweepSettings

CROSS_VALIDATION = "cross-validation"  # the folder's name, and what people see
USUAL_FOLDS = 5
_LEAST_LEFT = 2  # rows of a class outside of its fold: one to learn from and one to choose by
_LISTED = 5
_SEEDS = 2**32


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One fold of one repeat, both counted from 1."""

    repeat: int
    number: int
    of: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"fold-{self.repeat}-{self.number}"


def fold_keys(folds: int | None, repeats: int | None) -> dict[str, int]:
    """Keys of a recipe's section `evaluate` for what was asked for; None leaves them to the recipe.

    Raises:
        UserError: There would be fewer than two folds.
    """
    if folds is not None and folds < 2:
        raise UserError(
            "cross-validation needs at least two folds",
            where=f"folds (--folds): {folds}",
            fix=f"Give --folds {USUAL_FOLDS}; for one sealed test set, use `burnish run`.",
        )
    return {key: value for key, value in (("folds", folds), ("repeats", repeats)) if value is not None}


def with_folds(recipe: Recipe) -> Recipe:
    """The recipe with the usual number of folds where it asks for none.

    Raises:
        UserError: It names a test file, or a column of times.
    """
    if recipe.data.time:
        raise UserError(
            "cross-validation would answer most rows by what was learned from later ones",
            where=f"data.time: {recipe.data.time}",
            fix="Leave the column out, or test the last rows once with `burnish run`.",
        )
    if recipe.data.test is not None:
        raise UserError(
            "cross-validation tests every row of the data, so it has no use for a file of test rows",
            where=f"data.test (--test): {recipe.data.test}",
            fix="Leave the test file out, and keep it for `burnish run`; or add its rows to the others.",
        )
    folds = recipe.evaluate.folds if recipe.evaluate.folds > 1 else USUAL_FOLDS
    return recipe.model_copy(update={"evaluate": recipe.evaluate.model_copy(update={"folds": folds})})


def plan_folds(recipe: Recipe) -> list[Fold]:
    """Every fold of every repeat, in order."""
    of, repeats = recipe.evaluate.folds, recipe.evaluate.repeats
    return [Fold(repeat=r, number=n, of=of) for r in range(1, repeats + 1) for n in range(1, of + 1)]


def fold_recipe(recipe: Recipe, fold: Fold, metric: str) -> Recipe:
    """The recipe of one fold: that of an ordinary run whose test part is the fold. Each repeat has the next seed.

    Args:
        recipe: Completed.
        fold: Which one.
        metric: The metric that decides; named, because `auto` might choose differently from fold to fold.
    """
    evaluate = recipe.evaluate.model_copy(update={"folds": 1, "repeats": 1, "metric": metric})
    return recipe.model_copy(
        update={
            "split": recipe.split.model_copy(update={"fold": f"{fold.number}/{fold.of}"}),
            "evaluate": evaluate,
            "cost": CostSettings(),
            "sweep": SweepSettings(),
            "seed": (recipe.seed + fold.repeat - 1) % _SEEDS,
        }
    )


def require_rows(labels: Sequence[Iterable[str]], folds: int, together: Sequence[int] | None = None) -> None:
    """Refuse folds that would leave a class without rows to test, to learn from or to choose by.

    Args:
        labels: The class of every row, or its classes where it may have several.
        folds: How many folds there are to be.
        together: The same number for rows that must stay together: they count as one. None: every row stands alone.

    Raises:
        UserError: It names the rarest classes, and the most folds that are possible.
    """
    numbers = range(len(labels)) if together is None else together
    counts = Counter(
        name for name, _ in {(name, n) for names, n in zip(labels, numbers, strict=True) for name in names}
    )
    apart = "" if len(set(numbers)) == len(labels) else " that may stand in different parts"
    rare = sorted((count, name) for name, count in counts.items() if not _enough(count, folds))
    if not rare:
        return
    possible = [number for number in range(2, folds) if all(_enough(count, number) for count in counts.values())]
    shown = ", ".join(f"{name!r} ({count})" for count, name in rare[:_LISTED])
    more = f" and {len(rare) - _LISTED} more" if len(rare) > _LISTED else ""
    fewer = f"Give --folds {max(possible)}, add" if possible else "Add"
    raise UserError(
        f"{folds} folds need at least {max(folds, _LEAST_LEFT * 2)} rows of every class{apart}; "
        f"{counted(len(rare), 'class has', 'classes have')} fewer: {shown}{more}",
        where="evaluate.folds (--folds)",
        fix=f"{fewer} rows of these classes, merge them into others, or take them out of the file.",
    )


def _enough(count: int, folds: int) -> bool:
    """Whether every fold gets a row of a class with so many, and enough are left outside of it."""
    return count >= folds and count - math.ceil(count / folds) >= _LEAST_LEFT
