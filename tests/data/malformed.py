"""Files that are not quite what they should be: whole ones of every format, and seeded damage to them."""

from __future__ import annotations

import gzip
import io
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import zstandard

_WORDS = ["a", "café", 'say "no"', "x,y;z\t|", "line\nbreak", "", "  ", "1", "null", "😀"]
_ODD = [
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\r\n\r\n", b"{", b"}",
    b"[", b"]", b":", b"\\ud83d", b"\\u0000", b"NaN", b"1e999", b"-", b"\xed\xa0\x80", b"\xc2\x85", b"PAR1", b"ARROW1",
    b"<", b"&#0;", b"9" * 30, b"null", b"true", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x80\x80\x80\x80\x80\x80\x01",
]  # fmt: skip


def rows(choose: random.Random) -> list[dict[str, Any]]:
    """A few rows of text and label."""
    return [
        {"text": choose.choice(_WORDS) + f" {number}", "label": choose.choice("xy")}
        for number in range(choose.randint(1, 4))
    ]


def delimited(choose: random.Random, delimiter: str = "") -> bytes:
    import csv

    text = io.StringIO(newline="")
    end = choose.choice(["\n", "\r\n"])
    writer = csv.writer(text, delimiter=delimiter or choose.choice(",;\t|"), lineterminator=end)
    writer.writerow(["text", "label"])
    writer.writerows([row["text"], row["label"]] for row in rows(choose))
    return text.getvalue().encode(choose.choice(["utf-8", "utf-8", "utf-8", "utf-16", "latin-1"]), "replace")


def json_lines(choose: random.Random) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=choose.random() < 0.5) + "\n" for row in rows(choose)).encode()


def json_list(choose: random.Random) -> bytes:
    return json.dumps(rows(choose), indent=choose.choice([None, 2])).encode()


def coco(choose: random.Random) -> bytes:
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in range(choose.randint(1, 3))]
    boxes = [{"image_id": 0, "category_id": 1, "bbox": [1, 2.5, 3, 4]} for _ in range(choose.randint(0, 2))]
    return json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]}).encode()


def label_studio(choose: random.Random) -> bytes:
    value = choose.choice([{"choices": ["good"]}, {"start": 0, "end": 1, "labels": ["X"]}, {"rating": 3}])
    result = [{"from_name": "mood", "type": choose.choice(["choices", "labels", "rating"]), "value": value}]
    return json.dumps([{"id": 1, "data": row, "annotations": [{"result": result}]} for row in rows(choose)]).encode()


def conll(choose: random.Random) -> bytes:
    sentences = ["\n".join(f"word{n}\tX\tB-A" for n in range(choose.randint(1, 3))) for _ in range(3)]
    return ("-DOCSTART-\tX\tO\n\n" + "\n\n".join(sentences) + "\n").encode()


def frame(choose: random.Random) -> pl.DataFrame:
    made = rows(choose)
    return pl.DataFrame(made).with_columns(
        number=pl.Series([choose.random() for _ in made]),
        tags=pl.Series([["a", "b"][: choose.randint(0, 2)] for _ in made], dtype=pl.List(pl.String)),
    )


def parquet(choose: random.Random) -> bytes:
    content = io.BytesIO()
    frame(choose).write_parquet(content, compression=choose.choice(["zstd", "snappy", "uncompressed"]))
    return content.getvalue()


def arrow(choose: random.Random) -> bytes:
    content = io.BytesIO()
    if choose.random() < 0.5:
        frame(choose).write_ipc(content)
    else:
        frame(choose).write_ipc_stream(content)
    return content.getvalue()


def workbook(choose: random.Random) -> bytes:
    content = io.BytesIO()
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["text", "label"])
    for row in rows(choose):
        sheet.append([row["text"], row["label"]])
    book.save(content)
    return content.getvalue()


def database(choose: random.Random) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "base.db")
        connection.execute("create table rows (text, label)")
        connection.executemany("insert into rows values (?, ?)", [(r["text"], r["label"]) for r in rows(choose)])
        connection.commit()
        connection.close()
        return (Path(folder) / "base.db").read_bytes()


def annotation(choose: random.Random) -> bytes:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    found = f"<object><name>cat</name>{box}</object>" * choose.randint(0, 2)
    return f"<annotation><filename>1.jpg</filename>{found}</annotation>".encode()


FORMATS: Mapping[str, Callable[[random.Random], bytes]] = {
    "csv": delimited,
    "tsv": lambda choose: delimited(choose, "\t"),
    "jsonl": json_lines,
    "json": json_list,
    "coco.json": coco,
    "export.json": label_studio,
    "conll": conll,
    "parquet": parquet,
    "arrow": arrow,
    "xlsx": workbook,
    "db": database,
    "xml": annotation,
    "csv.gz": lambda choose: gzip.compress(delimited(choose)),
    "jsonl.zst": lambda choose: zstandard.compress(json_lines(choose)),
}


def damaged(content: bytes, choose: random.Random) -> bytes:
    """A file with up to four faults."""
    data = bytearray(content)
    for _ in range(choose.randint(0, 4)):
        at, to = sorted((choose.randint(0, len(data)), choose.randint(0, len(data))))
        near = min(to, at + choose.randint(0, 12))
        kind = choose.randrange(7)
        if kind == 0 and data:
            data[min(at, len(data) - 1)] = choose.randrange(256)
        elif kind == 1:
            data[at:at] = choose.choice(_ODD)
        elif kind == 2:
            del data[at:near]
        elif kind == 3:
            data[near:near] = data[at:near]
        elif kind == 4 and choose.random() < 0.4:
            del data[at:]
        elif kind == 5 and data:
            data[min(at, len(data) - 1)] ^= 1 << choose.randrange(8)
        elif kind == 6:
            data[at:near] = choose.randbytes(near - at)
    return bytes(data)
