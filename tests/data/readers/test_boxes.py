"""Boxes of COCO and Pascal VOC."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burnish.data.read import read_table
from burnish.errors import UserError

COCO: dict[str, Any] = {
    "images": [{"id": 1, "file_name": "1.jpg"}, {"id": "b", "file_name": "2.jpg"}],
    "annotations": [
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3.5, 4]},
        {"image_id": 1, "category_id": 4, "bbox": [0, 0, 1, 1]},
    ],
    "categories": [{"id": 3, "name": "cat"}, {"id": 4, "name": "dog"}],
}
XML = """<annotation><filename>{name}</filename><object><name> cat </name>
<bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"""


def coco(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _value: None) -> Path:
    value = copy.deepcopy(COCO)
    change(value)
    (folder / "instances_train.json").write_text(json.dumps(value))
    return folder / "instances_train.json"


def test_coco(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "1.jpg").write_bytes(b"")
    table = read_table(coco(tmp_path))
    assert table.columns == {
        "image": [str(tmp_path / "train" / "1.jpg"), str(tmp_path / "train" / "2.jpg")],
        "boxes": [[{"label": "cat", "box": [1, 2, 4.5, 6]}, {"label": "dog", "box": [0, 0, 1, 1]}], []],
    }
    assert table.format == "COCO, 2 categories"
    assert table.kinds == {"image": "image", "boxes": "boxes"}


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no name": (lambda v: v["images"][1].pop("file_name"), "image b has no `file_name`"),
    "no image": (lambda v: v["annotations"][1].update(image_id=9), r"annotations\[1\] is of an image or a category"),
    "no category": (lambda v: v["annotations"][0].update(category_id=9), "is of an image or a category"),
    "no box": (lambda v: v["annotations"][0].update(bbox=[1, 2, 3]), r"annotations\[0\] has no box of four numbers"),
    "words": (lambda v: v["annotations"][0].update(bbox=["1", 2, 3, 4]), "no box of four numbers"),
    "no list": (lambda v: v.update(images={}), "`images` is not a list of objects"),
    "nothing": (lambda v: v.update(images=[], annotations=[]), "there are no images"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_coco_that_does_not_fit_together(name: str, tmp_path: Path) -> None:
    change, what = CHANGES[name]
    with pytest.raises(UserError, match=what):
        read_table(coco(tmp_path, change))


def voc(folder: Path, *contents: str) -> Path:
    (folder / "Annotations").mkdir()
    (folder / "JPEGImages").mkdir()
    for number, content in enumerate(contents, start=1):
        (folder / "Annotations" / f"{number}.xml").write_text(content.replace("{name}", f"{number}.jpg"))
        (folder / "JPEGImages" / f"{number}.jpg").write_bytes(b"")
    return folder


def test_voc(tmp_path: Path) -> None:
    voc(tmp_path, XML, "<annotation/>")
    (tmp_path / "JPEGImages" / "3.png").write_bytes(b"")
    table = read_table(tmp_path)
    assert table.columns == {
        "image": [str(tmp_path / "JPEGImages" / f"{number}.jpg") for number in (1, 2)],
        "boxes": [[{"label": "cat", "box": [1.0, 2.5, 3.0, 4.0]}], []],
    }
    assert table.format == "Pascal VOC; 1 images without a file left alone"
    assert table.place(1) == ("Annotations/2.xml", 1)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("<annotation>", "no annotation"),
        ("", "no annotation"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "declares a document type"),
        (XML.replace("<xmin>1</xmin>", "<xmin>one</xmin>"), "object 1 has no box of four numbers"),
        (XML.replace("<xmin>1</xmin>", "<xmin>nan</xmin>"), "object 1 has no box of four numbers"),
        (XML.replace("cat", ""), "object 1 has no name"),
        ("<annotation><filename>other.jpg</filename></annotation>", None),
    ],
)
def test_voc_that_is_wrong(content: str, what: str | None, tmp_path: Path) -> None:
    voc(tmp_path, content)
    if what is None:  # the image of the file's own name is meant
        assert len(read_table(tmp_path)) == 1
        (tmp_path / "JPEGImages" / "1.jpg").unlink()
        what = "no image 'other.jpg' in this folder"
    with pytest.raises(UserError, match=what):
        read_table(tmp_path)
