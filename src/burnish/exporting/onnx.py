"""Write a network as ONNX, and run one in a network's place."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from burnish.contracts import Batch, LoadedModel, OnnxForm
from burnish.exporting.architecture import UnknownPartError, architecture_key, named_weights
from burnish.exporting.kept_graphs import keep_graph, kept_graph

ONNX_FILE = "model.onnx"


def write_onnx(model: LoadedModel, form: OnnxForm, batch: Batch, folder: Path, *, afresh: bool = False) -> Path:
    """Export the network with free dimensions and return the file.

    The exporter and its optimiser see the weights as inputs: a graph without them, which suits every network of the
    same architecture. It is kept in the user's cache, so that the next such network only has its weights filled in.

    Args:
        model: In evaluation mode, on the processor.
        form: Input names with their free dimensions, and the output's name.
        batch: Real inputs of at least two rows, which the exporter traces.
        folder: Where `model.onnx` goes.
        afresh: Export even where a graph of this architecture is kept.
    """
    network = model.network.eval()
    try:
        key = architecture_key(network, form, batch)
    except UnknownPartError:
        key = ""
    graph = kept_graph(key) if key and not afresh else None
    if graph is None:
        graph, rest = _graph(network, form, batch)
        if key and not rest:
            keep_graph(key, graph)
    path = folder / ONNX_FILE
    path.write_bytes(_filled(graph, form, named_weights(network)))
    return path


def _graph(network: nn.Module, form: OnnxForm, batch: Batch) -> tuple[bytes, list[str]]:
    """An ONNX model whose weights are inputs by their names, and the names of other tensors that tracing came upon."""
    dimensions = {name: torch.export.Dim(name) for names in form.inputs.values() for name in names}
    shapes = {
        name: dict(enumerate(dimensions[free] for free in free_names)) for name, free_names in form.inputs.items()
    }
    weights = named_weights(network)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            network,
            args=(),
            kwargs={name: batch[name] for name in form.inputs},
            dynamic_shapes=shapes,
            input_names=list(form.inputs),
            output_names=[form.output],
            dynamo=True,
            optimize=False,
            verbose=False,
        )
        assert program is not None
        graph = program.model.graph
        rest = [name for name in graph.initializers if name not in weights]
        for name in [name for name in graph.initializers if name in weights]:
            value = graph.initializers.pop(name)
            value.const_value = None
            graph.inputs.append(value)
        program.optimize()
        graph = program.model.graph
        for value in [value for value in graph.inputs if value.name in weights and not value.uses()]:
            graph.inputs.remove(value)  # a weight that no output depends on
        for node in graph.all_nodes():
            node.metadata_props.clear()  # where each node comes from: paths of this machine, most of the graph's bytes
        return program.model_proto.SerializeToString(), rest


def _filled(graph: bytes, form: OnnxForm, weights: Mapping[str, Tensor]) -> bytes:
    """The model with weights in the place of the inputs that are named like them."""
    from onnx import ModelProto, TensorProto

    filled = ModelProto.FromString(graph)
    inputs = list(filled.graph.input)
    del filled.graph.input[:]
    for value in inputs:
        if value.name in form.inputs:
            filled.graph.input.append(value)
            continue
        kind = value.type.tensor_type
        sizes = [dimension.dim_value for dimension in kind.shape.dim]
        raw = weights[value.name].detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()
        filled.graph.initializer.append(
            TensorProto(name=value.name, dims=sizes, data_type=kind.elem_type, raw_data=raw)
        )
    whole: bytes = filled.SerializeToString()
    return whole


class OnnxNetwork(nn.Module):
    """An ONNX file, called like the network that it was written from.

    Args:
        path: The file.
        form: The form it was written in.
        threads: Processor threads; 0 lets ONNX Runtime choose.
    """

    def __init__(self, path: Path, form: OnnxForm, threads: int = 0) -> None:
        super().__init__()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # what goes wrong is raised, too
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # who waits leaves the processor alone
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._form = form

    def forward(self, **inputs: Tensor) -> Tensor:
        """The output for int64 or float inputs, as the network returns it."""
        arrays = {name: inputs[name].numpy() for name in self._form.inputs}
        outputs: list[Any] = self._session.run([self._form.output], arrays)
        return torch.from_numpy(outputs[0])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress and deprecation messages off the terminal."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
