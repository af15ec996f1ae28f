"""An exported graph serves every network of its architecture, with that network's weights, and no other one."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from onnx import ModelProto
from onnx.helper import make_node
from torch import Tensor, nn

import burnish
from burnish.contracts import Batch, LoadedModel, OnnxForm
from burnish.events import finish
from burnish.exporting import onnx
from burnish.exporting.architecture import UnknownPartError, architecture_key
from burnish.exporting.kept_graphs import keep_graph, kept_graph
from burnish.models.text_encoder import load_text_encoder
from burnish.run_folder import RunFolder, read_json
from burnish.stages import export
from tests.kept import opened
from tests.making import make_encoder

FORM = OnnxForm(inputs={"input": ("rows",)}, output="output")
TEXT_FORM = OnnxForm(inputs={"input_ids": ("rows", "tokens"), "attention_mask": ("rows", "tokens")}, output="logits")
TEXTS = {"input_ids": torch.arange(5, 33).reshape(4, 7), "attention_mask": torch.ones(4, 7, dtype=torch.int64)}
ROWS = {"input": torch.linspace(-1, 1, 24).reshape(3, 8)}


@pytest.fixture(autouse=True)
def graphs(own_cache: Path) -> Path:
    """The folder of kept graphs, empty, and of this test alone."""
    (own_cache / "graphs").unlink()
    return own_cache / "graphs"


def network(seed: int = 0) -> nn.Sequential:
    """Two norms with equal weights, of equal size, and two linear layers of equal size."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 8), nn.LayerNorm(8)).eval()


def shaken(network: nn.Module, seed: int) -> nn.Module:
    """The network with other weights everywhere."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter))
    return network


def loaded(network: nn.Module) -> LoadedModel:
    return LoadedModel(
        network=network, processor=None, body="", head="", blocks=(), adaptable=(), embeddings="", longest=0
    )


def answers(file: Path, form: OnnxForm, batch: Batch) -> Tensor:
    found: Tensor = onnx.OnnxNetwork(file, form, threads=1)(**batch)
    return found


def write_without_exporting(model: LoadedModel, form: OnnxForm, batch: Batch, folder: Path) -> Path:
    with patch.object(onnx, "_graph", side_effect=AssertionError("exported, though a graph is kept")):
        return onnx.write_onnx(model, form, batch, folder)


def test_weights_are_filled_in_by_name_and_never_by_what_they_hold(tmp_path: Path) -> None:
    """The first network's norms hold only ones and zeros, twice: nothing but the name tells them apart."""
    onnx.write_onnx(loaded(network()), FORM, ROWS, tmp_path)
    for seed in (1, 2):
        other = shaken(network(seed), seed)
        file = write_without_exporting(loaded(other), FORM, ROWS, tmp_path)
        torch.testing.assert_close(answers(file, FORM, ROWS), other(*ROWS.values()))
    filled = file.read_bytes()
    assert onnx.write_onnx(loaded(other), FORM, ROWS, tmp_path, afresh=True).read_bytes() == filled
    assert str(Path(torch.__file__).parent).encode() not in filled, "it tells of the machine that wrote it"


def test_an_encoder_with_its_own_weights_and_buffers(tmp_path: Path) -> None:
    encoders = [make_encoder(tmp_path / str(seed), kind="modernbert", layers=1, seed=seed) for seed in (0, 1)]
    models = [load_text_encoder(encoder, 3, 0) for encoder in encoders]
    onnx.write_onnx(models[0], TEXT_FORM, TEXTS, tmp_path)
    shaken(models[1].network, 1)
    file = write_without_exporting(models[1], TEXT_FORM, TEXTS, tmp_path)
    torch.testing.assert_close(
        answers(file, TEXT_FORM, TEXTS), models[1].network(**TEXTS), rtol=1e-4, atol=1e-5, check_stride=False
    )


def tie(network: nn.Sequential) -> None:
    network[3].weight = network[0].weight


CHANGES: dict[str, Callable[[nn.Sequential], object]] = {
    "a setting": lambda network: setattr(network[1], "eps", 1e-3),
    "a setting of text": lambda network: setattr(network[2], "approximate", "tanh"),
    "a module's kind": lambda network: network.__setitem__(2, nn.ReLU()),
    "a module more": lambda network: network.append(nn.Identity()),
    "a size": lambda network: network.__setitem__(4, nn.LayerNorm([8], bias=False)),
    "a number type": lambda network: network[3].half(),
    "weights that two share": tie,
    "training": lambda network: network[1].train(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_architecture_has_another_key(what: str) -> None:
    changed = copy.deepcopy(network())
    CHANGES[what](changed)
    assert architecture_key(changed, FORM, ROWS) != architecture_key(network(), FORM, ROWS)


def test_weights_and_places_are_no_part_of_the_key(tmp_path: Path) -> None:
    first, second = (
        load_text_encoder(make_encoder(tmp_path / name, layers=1, seed=len(name)), 3, 0).network
        for name in ("here", "elsewhere")
    )
    assert architecture_key(first, TEXT_FORM, TEXTS) == architecture_key(second, TEXT_FORM, TEXTS)
    second.encoder.config.layer_norm_eps = 1e-3  # type: ignore[union-attr]
    assert architecture_key(first, TEXT_FORM, TEXTS) != architecture_key(second, TEXT_FORM, TEXTS)


def test_form_inputs_and_versions_are_part_of_the_key() -> None:
    key = architecture_key(network(), FORM, ROWS)
    assert architecture_key(network(), replace(FORM, output="logits"), ROWS) != key
    assert architecture_key(network(), replace(FORM, inputs={"input": ()}), ROWS) != key
    assert architecture_key(network(), FORM, {"input": torch.zeros(3, 9)}) != key
    assert architecture_key(network(), FORM, {"input": torch.zeros(3, 8, dtype=torch.float64)}) != key
    assert architecture_key(network(), FORM, {"input": torch.zeros(5, 8)}) == key, "rows are free"
    with patch("burnish.exporting.architecture.version", return_value="99"):
        assert architecture_key(network(), FORM, ROWS) != key


class Scaled(nn.Module):
    """Of a package whose code may change unseen."""

    def forward(self, given: Tensor) -> Tensor:
        return 2 * given


UNKNOWN: dict[str, Callable[[nn.Sequential], object]] = {
    "code of others": lambda network: network.append(Scaled()),
    "a hook": lambda network: network[0].register_forward_hook(lambda _module, _inputs, output: 2 * output),
    "a tensor that is no weight": lambda network: setattr(network[0], "scale", torch.ones(3)),
    "another way forward": lambda network: setattr(network[2], "forward", lambda given: given),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_cannot_be_named_has_no_key(what: str) -> None:
    changed = network()
    UNKNOWN[what](changed)
    with pytest.raises(UnknownPartError):
        architecture_key(changed, FORM, ROWS)


def test_what_has_no_key_is_exported_and_not_kept(graphs: Path, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(8, 8), Scaled()).eval()
    file = onnx.write_onnx(loaded(network), FORM, ROWS, tmp_path)
    torch.testing.assert_close(answers(file, FORM, ROWS), network(*ROWS.values()))
    assert not graphs.exists()


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_graph_is_exported_again(damage: bytes | None, graphs: Path, tmp_path: Path) -> None:
    model = ModelProto(ir_version=10).SerializeToString()
    with patch.object(onnx, "_graph", return_value=(model, [])) as exporting:
        onnx.write_onnx(loaded(network()), FORM, ROWS, tmp_path)
        (kept,) = graphs.iterdir()
        whole = kept.read_bytes()
        kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)
        onnx.write_onnx(loaded(network()), FORM, ROWS, tmp_path)
        assert kept.read_bytes() == whole
        onnx.write_onnx(loaded(network()), FORM, ROWS, tmp_path)
    assert exporting.call_count == 2


def test_a_cache_that_may_not_be_written_keeps_nothing_and_stops_nobody(graphs: Path) -> None:
    graphs.write_text("a file where the folder should be")
    keep_graph("key", b"graph")
    assert kept_graph("key") is None


def answering_otherwise(right: bytes) -> bytes:
    """A graph whose logits have the other sign."""
    wrong = ModelProto.FromString(right)
    (last,) = (node for node in wrong.graph.node if "logits" in node.output)
    last.output[:] = ["before"]
    wrong.graph.node.append(make_node("Neg", ["before"], ["logits"]))
    return bytes(wrong.SerializeToString())


def test_a_graph_that_answers_otherwise_is_exported_again(
    finished: burnish.Run, cache_of_the_session: Path, graphs: Path, tmp_path: Path
) -> None:
    """The parity gate finds it, and the next run finds a right one."""
    run = opened(finished)
    folder = RunFolder(root=tmp_path / "run")
    folder.root.mkdir()
    for stage in ("check", "split", "baseline", "train"):
        (folder.root / stage).symlink_to(finished.folder / stage)
    shutil.copytree(cache_of_the_session / "graphs", graphs)  # what the finished run exported is among them
    right = {path.name: graph for path in graphs.iterdir() if (graph := kept_graph(path.name)) and b"logits" in graph}
    wrong = {name: answering_otherwise(graph) for name, graph in right.items()}
    for name, graph in wrong.items():
        keep_graph(name, graph)
    finish(export.run(run.recipe, folder))
    assert [form["passed"] for form in read_json(folder.file("export", "parity.json"))] == [True, True]
    assert [kept_graph(name) == graph for name, graph in right.items()].count(True) == 1
