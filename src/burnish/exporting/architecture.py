"""Name all that an exported graph depends on besides the weights, so that one graph may serve every set of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib.metadata import version
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from burnish.contracts import Batch, OnnxForm
from burnish.version import __version__, source_digest

_LIBRARIES = ("torch", "transformers", "peft", "onnx", "onnx-ir", "onnxscript", "onnxruntime")
_KNOWN_PACKAGES = {"burnish", "torch", "transformers", "peft"}  # the code of others may change unseen
_HELD_ELSEWHERE = {"_parameters", "_buffers", "_modules"}
_NO_PART_OF_THE_GRAPH = {"name_or_path", "_name_or_path", "_commit_hash"}  # where a configuration was read from
_PLAIN = (bool, int, float, str, bytes, type(None), torch.dtype, torch.device, torch.layout)


class UnknownPartError(Exception):
    """A network that may depend on something which cannot be named."""


def architecture_key(network: nn.Module, form: OnnxForm, batch: Batch) -> str:
    """Digest of everything but the weights that the graph of a network follows from.

    Args:
        network: In the state that it is exported in.
        form: How it is written.
        batch: What the exporter traces.

    Raises:
        UnknownPartError: Something's part in the graph cannot be told: code of a package that is not known, a hook, a
            tensor that is neither a parameter nor a buffer.
    """
    digest = hashlib.sha256(_code().encode())
    for line in (*_interface(form, batch), *_modules(network), *_weights(network)):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def named_weights(network: nn.Module) -> dict[str, Tensor]:
    """All parameters and buffers by every name they have, also those that are not saved."""
    return {
        **dict(network.named_parameters(remove_duplicate=False)),
        **dict(network.named_buffers(remove_duplicate=False)),
    }


def _code() -> str:
    """Versions of the libraries and a digest of our own sources, whose version stays the same between releases."""
    return f"{__version__} {source_digest()} {[version(library) for library in _LIBRARIES]}"


def _interface(form: OnnxForm, batch: Batch) -> Iterator[str]:
    yield f"{form.output} {torch.get_default_dtype()} {torch.is_autocast_enabled('cpu')}"
    for name, free in form.inputs.items():
        yield f"{name} {free} {batch[name].dtype} {list(batch[name].shape[len(free) :])}"


def _modules(network: nn.Module) -> Iterator[str]:
    for name, module in network.named_modules(remove_duplicate=False):
        own = {key: value for key, value in vars(module).items() if key not in _HELD_ELSEWHERE}
        yield f"{name} {_named(type(module))} {_described(own)}"


def _weights(network: nn.Module) -> Iterator[str]:
    """What each weight looks like, and which are one and the same."""
    first: dict[int, str] = {}
    for name, tensor in named_weights(network).items():
        same = first.setdefault(id(tensor), name)
        yield f"{name} {same} {tensor.dtype} {tuple(tensor.shape)} {tensor.stride()} {tensor.device}"


def _named(code: type | FunctionType | BuiltinFunctionType) -> str:
    package = (code.__module__ or "").partition(".")[0]
    if package not in _KNOWN_PACKAGES or "<locals>" in code.__qualname__:
        raise UnknownPartError(f"{code.__module__}.{code.__qualname__}")
    return f"{code.__module__}.{code.__qualname__}"


def _described(value: Any) -> str:
    """A value as text that differs where the values differ."""
    from transformers import PretrainedConfig

    if isinstance(value, Enum):
        return f"{_named(type(value))}.{value.name}"
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = [f"{_described(key)}: {_described(value[key])}" for key in value if key not in _NO_PART_OF_THE_GRAPH]
        return f"{type(value).__name__}{sorted(pairs)}"
    if isinstance(value, PretrainedConfig):
        return f"{_named(type(value))} {_described(vars(value))}"
    if isinstance(value, type | FunctionType | BuiltinFunctionType):
        return _named(value)
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}{[_described(part) for part in value]}"
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__}{sorted(_described(part) for part in value)}"
    raise UnknownPartError(f"{type(value)}")
