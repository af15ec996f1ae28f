"""ONNX graphs without weights, kept in the user's cache by what they follow from."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from burnish.fetch.cache import cache_folder
from burnish.run_folder import atomic_path

_DIGEST_BYTES = hashlib.sha256().digest_size


def kept_graph(key: str) -> bytes | None:
    """The graph kept under a key, or None where there is none or its file is damaged."""
    try:
        content = _file(key).read_bytes()
    except OSError:
        return None
    digest, graph = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return graph if hashlib.sha256(graph).digest() == digest else None


def keep_graph(key: str, graph: bytes) -> None:
    """Keep a graph, behind its digest; what cannot be kept is exported again next time."""
    with contextlib.suppress(OSError), atomic_path(_file(key)) as temporary:
        temporary.write_bytes(hashlib.sha256(graph).digest() + graph)


def _file(key: str) -> Path:
    return cache_folder() / "graphs" / key
