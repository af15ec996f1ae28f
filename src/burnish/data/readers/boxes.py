"""Boxes in images, as COCO and Pascal VOC write them: columns `image` and `boxes`.

A box is `{"label": "cat", "box": [left, top, right, bottom]}` in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from burnish.data.profile import FILE_ENDINGS
from burnish.data.rows import RowPacker
from burnish.data.table import Table
from burnish.errors import UserError

_COCO_KEYS = {"images", "annotations", "categories"}
_LARGEST_XML = 16 * 2**20
Box = dict[str, Any]


def is_coco(value: Any) -> bool:
    """Whether a JSON value is a COCO file."""
    return isinstance(value, dict) and value.keys() >= _COCO_KEYS


def table_from_coco(value: Mapping[str, Any], where: str) -> Table:
    """One row an image; images without boxes are rows too.

    Raises:
        UserError: Something does not fit together; the message names the entry.
    """
    entries = {key: _entries(value, key, where) for key in _COCO_KEYS}
    names = {_known(entry, "id", f"categories[{n}]", where): entry for n, entry in enumerate(entries["categories"])}
    labels = {number: str(_known(entry, "name", f"category {number}", where)) for number, entry in names.items()}
    boxes: dict[Any, list[Box]] = {}
    for number, image in enumerate(entries["images"]):
        boxes[_known(image, "id", f"images[{number}]", where)] = []
    for number, entry in enumerate(entries["annotations"]):
        place = f"annotations[{number}]"
        image, category = _known(entry, "image_id", place, where), _known(entry, "category_id", place, where)
        if image not in boxes or category not in labels:
            raise _fault(f"{place} is of an image or a category that is not listed", where)
        left, top, width, height = _numbers(entry.get("bbox"), place, where)
        boxes[image].append({"label": labels[category], "box": [left, top, left + width, top + height]})
    folder = _image_folder(Path(where), entries["images"])
    rows = RowPacker()
    for entry in entries["images"]:
        name = str(_known(entry, "file_name", f"image {entry['id']}", where))
        rows.append({"image": str(folder / name), "boxes": boxes[entry["id"]]})
    if not len(rows):
        raise _fault("there are no images", where)
    return _table(rows, where, f"COCO, {len(labels)} categories")


def _entries(value: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    found = value[key]
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _fault(f"`{key}` is not a list of objects", where)
    return found


def _known(entry: Mapping[str, Any], key: str, place: str, where: str) -> Any:
    found = entry.get(key)
    if not isinstance(found, int | str):
        raise _fault(f"{place} has no `{key}`", where)
    return found


def _numbers(value: Any, place: str, where: str) -> list[float]:
    """Four finite numbers."""
    if (
        isinstance(value, Sequence)
        and len(value) == 4
        and all(isinstance(number, int | float) and abs(number) < 1e9 and math.isfinite(number) for number in value)
    ):
        return list(value)
    raise _fault(f"{place} has no box of four numbers", where)


def _image_folder(file: Path, images: Sequence[Mapping[str, Any]]) -> Path:
    """Where the images lie: beside the file, or in a folder with one of the usual names."""
    part = file.stem.removeprefix("instances_")
    places = [
        file.parent / inner for inner in ("", "images", part, "../images", f"../{part}", f"../images/{part}", "..")
    ]
    name = str(images[0].get("file_name", "")) if images else ""
    found = next((place for place in places if name and "\0" not in name and (place / name).is_file()), file.parent)
    return found.resolve()


def is_voc(folder: Path) -> bool:
    """Whether a folder holds Pascal VOC annotations."""
    return any(True for _ in (folder / "Annotations").glob("*.xml"))


def table_from_voc(folder: Path) -> Table:
    """One row a file of `Annotations`; the images lie in `JPEGImages`, or anywhere below the folder.

    Raises:
        UserError: A file is no annotation, or its image does not exist.
    """
    images = {
        path.name: path
        for place in (folder, folder / "JPEGImages")
        for path in sorted(place.rglob("*"))
        if path.suffix.lower() in FILE_ENDINGS["image"]
    }
    rows, files = RowPacker(), []
    for path in sorted((folder / "Annotations").glob("*.xml")):
        name, boxes = _annotation(path)
        image = images.get(name) or next(
            (images[path.stem + end] for end in _endings() if path.stem + end in images), None
        )
        if image is None:
            raise _fault(f"there is no image {name!r} in this folder", str(path))
        rows.append({"image": str(image.absolute()), "boxes": boxes})
        files.append(path.relative_to(folder).as_posix())
    alone = len(images) - len(rows)
    return _table(
        rows, str(folder), "Pascal VOC" + (f"; {alone} images without a file left alone" if alone > 0 else ""), files
    )


def _endings() -> list[str]:
    return sorted(FILE_ENDINGS["image"])


def _annotation(path: Path) -> tuple[str, list[Box]]:
    where = str(path)
    try:
        if path.stat().st_size > _LARGEST_XML:
            raise _fault("the file is far too large for an annotation", where)
        content = path.read_bytes()
        if b"<!DOCTYPE" in content or b"\0" in content:  # UTF-16 could hide one
            raise _fault("the file is no plain annotation: it declares a document type, or holds NUL bytes", where)
        root = ET.fromstring(content)  # noqa: S314 - without a document type no entities are expanded
    except (ET.ParseError, ValueError, LookupError, OSError) as error:
        raise _fault(f"the file is no annotation: {error}", where) from None
    boxes: list[Box] = []
    for number, found in enumerate(root.iter("object")):
        place = f"object {number + 1}"
        corners = [found.findtext(f"bndbox/{corner}") or "" for corner in ("xmin", "ymin", "xmax", "ymax")]
        try:
            numbers = [float(corner) for corner in corners]
        except ValueError:
            raise _fault(f"{place} has no box of four numbers", where) from None
        label = (found.findtext("name") or "").strip()
        if not label or "\0" in label:
            raise _fault(f"{place} has no name", where)
        boxes.append({"label": label, "box": _numbers(numbers, place, where)})
    return Path((root.findtext("filename") or path.stem).strip()).name, boxes


def _table(rows: RowPacker, where: str, format: str, files: Sequence[str] = ()) -> Table:  # noqa: A002 - Table's word
    lines = [1] * len(rows) if files else range(1, len(rows) + 1)
    kinds = {"image": "image", "boxes": "boxes"}
    return Table(file=where, columns=rows.done().columns, lines=lines, format=format, files=files, kinds=kinds)


def _fault(what: str, where: str) -> UserError:
    return UserError(what, where=where, fix="Write the file anew with the tool that made it, or correct it.")
