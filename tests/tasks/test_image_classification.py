"""One label for a picture, from a folder per class to answers without burnish."""

from __future__ import annotations

import base64
import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import burnish
from burnish.augmenting.rows import Augmenter
from burnish.augmenting.settings import AugmentSettings
from burnish.contracts import Targets
from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.faces.client import Client
from burnish.faces.server.served import open_served
from burnish.faces.server.settings import ServerSettings
from burnish.models import pictures
from burnish.picture_files import read_picture
from burnish.tasks.image_classification import TASK
from tests.browsing import needs_browser, open_browser
from tests.faces.commands import Terminal
from tests.faces.server.serving import Running, running
from tests.finished import FAST
from tests.making import write_csv
from tests.pictures import OWN_CLASSES, SHAPES, make_image_encoder, shape_rows, write_shapes


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> burnish.Run:
    """A run on a folder per class, with nothing named but the folder; one file is cut short, one is empty."""
    folder = tmp_path_factory.mktemp("shapes")
    data = write_shapes(folder / "shapes", 90)
    whole = (data / "disc" / "001.png").read_bytes()
    (data / "disc" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (data / "cross" / "empty.png").touch()
    model = make_image_encoder(folder / "model", classes=OWN_CLASSES)
    training = FAST | {"epochs": 2, "batch-size": 8}
    return burnish.run(data, model=str(model), method="full", training=training, out=folder / "runs")


def test_damaged_files_are_dropped_by_name(shapes: burnish.Run) -> None:
    with (shapes.folder / "check" / "ledger.csv").open(encoding="utf-8") as file:
        dropped = {row["file"]: row["reason"] for row in csv.DictReader(file) if row["outcome"] == "dropped"}
    assert set(dropped) == {"disc/cut.png", "cross/empty.png"}
    assert dropped["cross/empty.png"] == "the image is an empty file"
    assert dropped["disc/cut.png"].startswith("the image file is damaged")


def test_the_run_went_through_every_stage(shapes: burnish.Run) -> None:
    assert shapes.verdict["metric"] == "accuracy"
    assert {b["name"] for b in shapes.verdict["baselines"]} == {baseline.name for baseline in TASK.baselines}
    assert shapes.scores["metrics"]["auc"]["specialist"]["value"] > 0.5
    log = (shapes.folder / "log.jsonl").read_text(encoding="utf-8")
    assert "of the time in training went into making batches" in log
    page = shapes.report.read_text(encoding="utf-8")
    assert "Pictures of “disc”" in page
    assert page.count("data:image/jpeg;base64,") >= 9
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_files_named_beside_a_table_are_answered(
    shapes: burnish.Run, burnish_command: Terminal, tmp_path: Path
) -> None:
    write_shapes(tmp_path / "new", 6, seed=5)
    names = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "new").rglob("*.png"))
    table = write_csv(tmp_path / "new.csv", [(name, "x") for name in names] + [("new/none.png", "x")], ("image", "id"))
    told = burnish_command("predict", str(shapes.folder), str(table), "-o", str(tmp_path / "told.csv"))
    assert told.code == 0, told.err
    with (tmp_path / "told.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [*names, "new/none.png"]
    assert all(row["prediction"] in {"cross", "disc", "stripes"} for row in rows[:-1])
    assert rows[-1]["prediction"] == ""


@pytest.fixture(scope="module")
def server(shapes: burnish.Run) -> Iterator[Running]:
    """A server of the run."""
    with running(open_served(shapes.folder), ServerSettings()) as found:
        yield found


def test_what_is_served_answers_pictures_as_it_was_evaluated(shapes: burnish.Run, server: Running) -> None:
    assert "probes were answered as evaluated" in server.said[0]
    pictures = sorted((shapes.folder.parent.parent / "shapes").rglob("00*.png"))[:6]
    expected = server.service.served.specialist.predict([{"image": str(path)} for path in pictures])
    with Client(server.address) as client:
        found = [client.predict({"image": pictures[0]}), *client.predict_many([{"image": p} for p in pictures[1:]])]
        with pytest.raises(UserError, match="no picture"):
            client.predict({"image": b"x"})
    for answer, wanted in zip(found, expected, strict=True):
        assert answer.scores == pytest.approx(wanted.scores, abs=1e-5)


_DROP = """
const bytes = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
const held = new DataTransfer();
held.items.add(new File([bytes], "disc.png", { type: "image/png" }));
const field = document.querySelector(".field[data-kind=image]");
for (const kind of ["dragover", "drop"])
  field.dispatchEvent(new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
document.querySelector("form button[type=submit]").click();
"""


@needs_browser
def test_a_picture_dropped_on_the_page_is_shown_and_answered(
    shapes: burnish.Run, server: Running, tmp_path: Path
) -> None:
    picture = shapes.folder.parent.parent / "shapes" / "disc" / "001.png"
    with open_browser(tmp_path) as browser:
        browser.show(server.address, 360, "light")
        browser.ask(_DROP % base64.b64encode(picture.read_bytes()).decode())
        for _ in range(400):
            if browser.ask(
                "return document.getElementById('value').textContent && !document.querySelector(':disabled')"
            ):
                break
            time.sleep(0.05)
        value = browser.ask("return document.getElementById('value').textContent")
        assert value == server.service.served.specialist.predict([{"image": str(picture)}])[0].value
        assert browser.ask("return document.querySelector('input[type=file]').files[0].name") == "disc.png"
        assert browser.ask("return document.querySelector('.preview').naturalWidth") > 0
        assert not browser.ask("return document.documentElement.scrollWidth > window.innerWidth")
        assert browser.call("POST", "/se/log", {"type": "browser"}) == []


def test_the_cards_lines_give_the_networks_answers(shapes: burnish.Run) -> None:
    from burnish.predictor import load_specialist

    specialist = load_specialist(shapes.folder / "export" / "specialist")
    model = TASK.restore(specialist.folder, specialist.manifest.targets.targets(), specialist.manifest.longest)
    sources = [row["image"] for row in shape_rows()[::30]]
    code = "import sys; sys.modules['burnish'] = sys.modules['torch'] = None\n" + TASK.usage(model, ".")
    done = subprocess.run(
        [sys.executable, "-c", code, *sources], cwd=specialist.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line, prediction in zip(done.stdout.splitlines(), specialist.predict(sources), strict=True):
        label, confidence, _ = line.split(" ", 2)
        assert label == prediction.value
        assert float(confidence) == pytest.approx(prediction.confidence, abs=1e-3)


def test_training_only_the_head_reads_every_picture_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of epochs, a training picture is resized once; export reads its probes anew."""
    resized: list[str] = []
    real = read_picture

    def counted(source: str, **options: int) -> object:
        resized.append(str(source))
        return real(source, **options)

    monkeypatch.setattr(pictures, "read_picture", counted)
    data = write_shapes(tmp_path / "shapes", 60)
    training = FAST | {"epochs": 3, "patience": 3}
    run = burnish.run(
        data,
        model=str(make_image_encoder(tmp_path / "model", "resnet")),
        method="head",
        training=training,
        out=tmp_path / "runs",
    )
    trained = [row["image"] for row in read_rows(run.folder / "split" / "train.parquet")]
    assert len(trained) == 37
    assert [resized.count(name) for name in trained] == [1] * 37


def test_the_digits_are_a_sample_without_a_download(burnish_command: Terminal, tmp_path: Path) -> None:
    told = burnish_command("sample", "digits", "--out", str(tmp_path / "digits"), "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["rows"] == 1797
    assert sorted(path.name for path in (tmp_path / "digits").iterdir()) == list("0123456789")
    again = burnish_command("sample", "digits", "--out", str(tmp_path / "digits"))
    assert (again.code, "not empty" in again.err) == (2, True)


def test_what_a_row_needs() -> None:
    source = shape_rows()[0]["image"]
    assert TASK.read_row({"image": source}) == {"image": source}
    assert TASK.read_row({"image": "", "label": "x"}) == "there is no image"
    assert TASK.read_row({"image": source, "label": ""}) == "the label is empty"
    assert TASK.read_row({"image": "no/such.png", "label": "x"}) == "the image file does not exist"


def test_training_rows_are_changed_and_keep_their_labels(tmp_path: Path) -> None:
    """Mirrored, cut and coloured pictures go through the same reading as the files themselves."""
    model = TASK.load(make_image_encoder(tmp_path / "model"), Targets(labels=SHAPES, counts=(1, 1, 1)), 0)
    targets, rows = Targets(labels=SHAPES, counts=(1, 1, 1)), shape_rows()[:6]
    augmenter = Augmenter(columns=TASK.columns, settings=AugmentSettings(flip=0.5, crop=0.3, colour=0.2), seed=0)
    changed = [augmenter.change(row, str(number), 0) for number, row in enumerate(rows)]
    batches = [TASK.collate(model, TASK.encode(model, kept, targets)) for kept in (rows, [c for c in changed if c])]
    assert batches[0]["pixel_values"].shape == batches[1]["pixel_values"].shape
    assert torch.equal(batches[0]["targets"], batches[1]["targets"])
    differ = (batches[0]["pixel_values"] != batches[1]["pixel_values"]).flatten(1).any(1)
    assert differ.all()


def test_what_is_only_asked_once_is_not_kept(tmp_path: Path, own_cache: Path) -> None:
    targets = Targets(labels=SHAPES, counts=(1, 1, 1))
    model = TASK.load(make_image_encoder(tmp_path / "model"), targets, 0)
    asked = [{"image": row["image"]} for row in shape_rows()[:3]]
    told = TASK.predict(model, asked, targets)
    assert not list(own_cache.rglob("*.npy"))
    assert TASK.predict(model, [{"row": n, **row} for n, row in enumerate(asked)], targets) == told
    assert len(list(own_cache.rglob("*.npy"))) == 3
