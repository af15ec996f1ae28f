"""Write a network as ONNX, and run one in a network's place."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from burnish.contracts import Batch, LoadedModel, OnnxForm

ONNX_FILE = "model.onnx"


def write_onnx(model: LoadedModel, form: OnnxForm, batch: Batch, folder: Path) -> Path:
    """Export the network with free dimensions and return the file.

    Args:
        model: In evaluation mode, on the processor.
        form: Input names with their free dimensions, and the output's name.
        batch: Real inputs of at least two rows, which the exporter traces.
        folder: Where `model.onnx` goes.
    """
    dimensions = {name: torch.export.Dim(name) for names in form.inputs.values() for name in names}
    shapes = {
        name: dict(enumerate(dimensions[free] for free in free_names)) for name, free_names in form.inputs.items()
    }
    path = folder / ONNX_FILE
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            model.network.eval(),
            args=(),
            kwargs={name: batch[name] for name in form.inputs},
            dynamic_shapes=shapes,
            input_names=list(form.inputs),
            output_names=[form.output],
            dynamo=True,
            optimize=True,
            verbose=False,
        )
        assert program is not None
        program.save(str(path), external_data=False)
    return path


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
