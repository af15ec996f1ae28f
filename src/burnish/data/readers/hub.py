"""Data sets of Hugging Face `datasets`: saved in a folder, or named on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.data.address import parameters_of, resolved, without_secrets
from burnish.data.cells import CellsBuilder
from burnish.data.files import missing_package
from burnish.data.readers.columnar import table_from_frame
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean

_PARAMETERS = ("split", "subset", "revision")


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote this folder."""
    return (folder / "dataset_dict.json").is_file() or (
        (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    )


def table_from_saved(folder: Path) -> Table:
    """Read what `save_to_disk` wrote; names of classes stand for their numbers.

    Raises:
        UserError: The folder is damaged, or holds several splits.
    """
    where = str(folder)
    library = _library(where)
    if (folder / "dataset_dict.json").is_file():
        parts = sorted(path.parent.name for path in folder.glob("*/state.json"))
        raise UserError(
            "the folder holds several splits: " + ", ".join(parts),
            where=where,
            fix="Name one: " + " or ".join(str(folder / part) for part in parts[:3]) + ".",
        )
    try:
        return _table(library.load_from_disk(where), where, "Hugging Face data set")
    except (UserError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - damaged folders break the library in many ways
        raise _fault(f"the data set cannot be read: {error}", where, "Save it anew with save_to_disk.") from None


def table_from_hub(address: str) -> Table:
    """Read `hub://OWNER/NAME?split=train`, with `subset` and `revision` where they are needed.

    Raises:
        UserError: The Hub cannot be reached, or has no such data set, subset or split.
    """
    library = _library(address)
    told = parameters_of(resolved(address))
    if unknown := [key for key in told if key not in _PARAMETERS]:
        raise _fault(f"`{unknown[0]}` is no part of such an address", address, did_you_mean(unknown[0], _PARAMETERS))
    name = resolved(address).partition("://")[2].partition("?")[0].strip("/")
    try:
        found = library.load_dataset(name, told.get("subset"), split=told.get("split"), revision=told.get("revision"))
        if isinstance(found, dict):
            if len(found) > 1:
                raise _fault("the data set has several splits", address, f"Add ?split=…: {', '.join(found)}.")
            found = next(iter(found.values()))
        return _table(found, address, f"Hugging Face data set {name}")
    except (UserError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - the library raises what its own libraries raise
        said = without_secrets(" ".join(str(error).split()), address)[:300] or type(error).__name__
        raise _fault(
            f"the data set cannot be fetched from the Hugging Face Hub: {said}",
            address,
            "Check the name and the network; or save it elsewhere with save_to_disk, and name that folder.",
        ) from None


def _library(where: str) -> Any:
    try:
        import datasets
    except ImportError:
        raise missing_package("datasets", "data sets of the Hugging Face Hub", where) from None
    datasets.disable_progress_bars()
    return datasets


def _table(found: Any, where: str, name: str) -> Table:
    import polars as pl

    frame = pl.from_arrow(found.with_format("arrow")[:])
    assert isinstance(frame, pl.DataFrame)
    table = table_from_frame(frame, where, name)
    columns = dict(table.columns)
    for column, feature in found.features.items():
        if type(feature).__name__ == "ClassLabel" and column in columns:
            names, cells = feature.names, CellsBuilder()
            cells.extend(names[n] if n is not None and 0 <= n < len(names) else None for n in columns[column])
            columns[column] = cells.done()
    return Table(file=where, columns=columns, lines=table.lines, format=table.format)


def _fault(what: str, where: str, fix: str) -> UserError:
    return UserError(what, where=where, fix=fix)
