"""Every library's own way to say that memory is too small; each really asks for more than there is."""

from __future__ import annotations

import mmap
from collections.abc import Callable

import numpy as np
import pytest
import torch

from burnish.errors import UserError
from burnish.memory_faults import OutOfMemoryError, is_out_of_memory, memory_faults_explained

TOO_MUCH = 2**50  # bytes: more than any processor of today can address


def by_torch() -> None:
    torch.empty(TOO_MUCH, dtype=torch.uint8)


def by_numpy() -> None:
    np.ones(TOO_MUCH, dtype=np.uint8)


def by_python() -> None:
    bytearray(TOO_MUCH)


def by_the_system() -> None:
    mmap.mmap(-1, TOO_MUCH)


def by_onnx_runtime() -> None:
    import onnxruntime
    from onnx import TensorProto, helper

    sizes: dict[str, list[str | int | None]] = {"column": ["n", 1], "row": [1, "m"], "table": ["n", "m"]}
    values = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in sizes.items()}
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["column", "row"], ["table"])],
        "large",
        [values["column"], values["row"]],
        [values["table"]],
    )
    written = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(written.SerializeToString(), options, providers=["CPUExecutionProvider"])
    long = np.ones((2**24, 1), dtype=np.float32)
    session.run(None, {"column": long, "row": long.T})


def wrapped() -> None:
    try:
        by_torch()
    except RuntimeError as error:
        raise ValueError("the model cannot be loaded") from error


def wrapped_for_the_user() -> None:
    try:
        by_numpy()
    except MemoryError as error:
        raise UserError("the weights are damaged", fix="Fetch them again.") from error


WAYS = (
    by_torch,
    by_numpy,
    by_python,
    by_the_system,
    by_onnx_runtime,
    wrapped,
    wrapped_for_the_user,
)


@pytest.mark.parametrize("too_much", WAYS)
def test_it_is_said_in_the_same_words(too_much: Callable[[], None]) -> None:
    with pytest.raises(OutOfMemoryError) as caught, memory_faults_explained("stage export"):
        too_much()
    assert caught.value.what == "the memory is too small"
    assert caught.value.where == "stage export"
    assert caught.value.fix
    assert not is_out_of_memory(caught.value), "it has been said"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("shapes cannot be multiplied"),
        ValueError("could not convert 'out of memory' to a number"),
        FileNotFoundError(2, "No such file"),
        UserError("the label is empty"),
    ],
)
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, memory_faults_explained("stage export"):
        raise error
    assert caught.value is error


def test_what_has_been_said_already_stays() -> None:
    said = OutOfMemoryError("a single row does not fit into memory", where="reading rows")
    said.__cause__ = MemoryError()
    with pytest.raises(OutOfMemoryError) as caught, memory_faults_explained("stage export"):
        raise said
    assert caught.value is said


def test_accelerators_say_it_too() -> None:
    """Their texts, as torch documents them: there may be none here."""
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    assert is_out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"))
    assert is_out_of_memory(RuntimeError("std::bad_alloc"))
