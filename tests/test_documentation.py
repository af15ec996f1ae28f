"""The documentation says what the code does: commands, keys, files, names and links exist, and none is left out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from docs.generate import ROOT, commands, key_names, pages, renewed

import burnish
from burnish import contracts, method_contract
from burnish.catalog import tasks
from burnish.checks.settings import allowed
from burnish.exporting.manifest import Manifest
from burnish.metrics.comparison import Comparison
from burnish.metrics.intervals import Estimate
from burnish.metrics.verdict import decide
from burnish.recipe import parse_recipe
from tests.test_pipeline import FILES

PAGES = pages()
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
FENCED = re.compile(r"^(`{3,})(?P<language>[^\n]*)\n(?P<content>.*?)^\1`*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
PLUG_IN_KEYS = {"data.second"}  # of the package in examples/plug-in
LINK = re.compile(r"\]\((?!https?:)(?P<file>[^)#\s]*)(?P<anchor>#[^)\s]+)?\)")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The page and content of every fenced block of a language."""
    for page, name in zip(PAGES, NAMES, strict=True):
        for block in FENCED.finditer(page.read_text(encoding="utf-8")):
            if block["language"].strip() == language:
                yield name, block["content"]


def prose(name: str) -> str:
    """A page without its fenced blocks and comments."""
    text = FENCED.sub("", (ROOT / name).read_text(encoding="utf-8"))
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def spans(name: str) -> set[str]:
    """Every piece of code in the prose of a page."""
    return set(SPAN.findall(prose(name)))


def shown_commands() -> list[str]:
    """Every command line of burnish that a page or an example shows."""
    shown = [line.removeprefix("$ ") for _, content in blocks("console") for line in content.splitlines()]
    shown += [span for name in NAMES for span in spans(name)]
    shown += [
        line.lstrip("# ")
        for path in ROOT.glob("examples/*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#     ")
    ]
    return sorted({line for line in shown if line.startswith("burnish ")})


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_line_that_is_shown_can_be_given(line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    groups = {command.partition(" ")[0] for command in commands() if " " in command}
    if name in groups and arguments:
        name, *arguments = f"{name} {arguments[0]}", *arguments[1:]
    assert name in {*commands(), *groups, "--help"}
    if not arguments:
        return  # the command is only mentioned
    context = commands()[name].make_context(name, [word for word in arguments if word != "--help"])
    for assignment in context.params.get("keys") or ():
        assert assignment.partition("=")[0] in key_names() | PLUG_IN_KEYS | {f"checks.{name}" for name in allowed()}


def test_every_command_line_in_a_block_is_looked_at() -> None:
    """Other programs may be shown; burnish must not hide behind a path or a missing prompt."""
    for name, content in blocks("console"):
        for line in content.splitlines():
            assert line.startswith("$ "), f"{name}: {line}"
            assert "/burnish " not in line, f"{name}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_generated_parts_are_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == renewed(text), "run: python -m docs.generate"


def test_every_recipe_key_is_documented_and_every_documented_key_exists() -> None:
    assert key_names() <= spans("docs/recipe.md")
    sections = {name.partition(".")[0] for name in key_names() if "." in name}
    keys = re.compile(rf"({'|'.join(sections)})\.[a-z-]+")
    for name in NAMES:
        mentioned = {span.partition("=")[0] for span in spans(name)}
        assert {key for key in mentioned if keys.fullmatch(key)} <= key_names(), name


def test_every_recipe_that_is_shown_is_one() -> None:
    shown = list(blocks("yaml"))
    assert shown
    for name, content in shown:
        parse_recipe(yaml.safe_load(content), name)


def test_every_python_block_compiles_and_names_what_there_is() -> None:
    shown = list(blocks("python"))
    assert shown
    for name, content in shown:
        compile(content, name, "exec")
        for attribute in re.findall(r"\bburnish\.(run|load|Run|UserError|[A-Z]\w+)\b", content):
            assert hasattr(burnish, attribute), f"{name}: burnish.{attribute}"


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in LINK.finditer(prose(name)):
        target = (ROOT / name).parent / link["file"] if link["file"] else ROOT / name
        assert target.exists(), link[0]
        if link["anchor"]:
            assert link["anchor"] in anchors(target), link[0]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_tree_names_every_room_and_nothing_else() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The repository")[2]
    lines = re.findall(r"^([├└]── )?([\w./-]+) {2,}\S", tree, re.MULTILINE)
    inner = {path for branch, path in lines if branch}
    outer = {path for branch, path in lines if not branch}
    assert outer == {"src/burnish/", "tests/", "docs/", "examples/", "benchmarks/"}
    for path in outer | {f"src/burnish/{name}" for name in inner}:
        assert (ROOT / path).exists(), path
    rooms = {f"{path.parent.name}/" for path in ROOT.glob("src/burnish/*/__init__.py")}
    assert {name for name in inner if name.endswith("/")} == rooms


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_open_but_what_must_be_measured(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:TODO|FIXME|XXX|TBD)[\w-]*", text)) <= {"TODO-MEASURE"}


def test_every_file_of_a_run_is_described() -> None:
    patterns = re.findall(r"^\| `([^`]+)` \|", prose("docs/run-folder.md"), re.MULTILINE)
    missing = {file for file in FILES if not any(fnmatch(file, pattern) for pattern in patterns)}
    assert not missing
    optional = {".lock", ".progress.json", "check/test.parquet", "check/unlabelled.parquet", "train/adapter/*"}
    optional |= {"pretrain/base/*", "pretrain/pretraining.json", "train/augmentation.json", "evaluate/answers.jsonl"}
    stale = {p for p in patterns if p not in optional and not any(fnmatch(file, p) for file in FILES)}
    assert not stale


def test_every_finding_is_described() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("src/burnish/**/*.py"))
    names = set(re.findall(r'name="([a-z-]+)",\s+severity=', source))
    assert len(names) >= 8
    described = set(re.findall(r"^\| `([a-z]+-[a-z-]+)` \|", prose("docs/data.md"), re.MULTILINE))
    assert names <= described
    checks = set(re.findall(r"^\| `([a-z]+(?:-[a-z]+)*)` \|", prose("docs/checks.md"), re.MULTILINE))
    assert set(allowed()) <= checks
    others = set(tasks())  # the page has tables of tasks too
    assert described - others == names


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (contracts.Task, "docs/add-a-task.md"),
        (method_contract.Method, "docs/add-a-method.md"),
        (contracts.Baseline, "docs/add-a-baseline.md"),
        (contracts.Metric, "docs/add-a-metric.md"),
    ],
)
def test_every_field_of_a_contract_is_explained(kind: type, name: str) -> None:
    obvious = {"name", "summary", "higher_is_better"}
    assert {field.name for field in fields(kind)} - obvious <= spans(name)


def test_every_key_of_the_manifest_and_the_verdict_is_described() -> None:
    assert set(Manifest.model_fields) <= spans("docs/export.md")
    score = Estimate(value=0.5, low=0.4, high=0.6)
    comparison = Comparison(baseline="majority", difference=score, p=0.01, corrected=0.01, test="", spread=1.0)
    verdict = decide(
        metric="accuracy",
        higher_is_better=True,
        specialist=score,
        baselines={"majority": score},
        comparisons=[comparison],
        test_rows=10,
        minimum_gain=0.02,
    )
    assert set(verdict.as_dict(seconds=1.0, cost={})) <= spans("docs/the-verdict.md")


def test_every_decision_is_in_the_index_and_short() -> None:
    index = (ROOT / "docs/decisions/index.md").read_text(encoding="utf-8").splitlines()
    notes = [path for path in ROOT.glob("docs/decisions/*.md") if path.stem != "index"]
    assert notes
    for note in notes:
        assert note.stem in index
        text = note.read_text(encoding="utf-8")
        assert [part for part in ("Context", "Decision", "Consequence") if f"\n**{part}.** " not in text] == []
        assert len(text.splitlines()) <= 20
