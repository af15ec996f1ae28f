"""A process that has the heavy libraries loaded and forks others from itself: they start in a moment.

    python -m tests.process_server SOCKET

Tests speak to it through `tests.processes`. Nothing has computed in it, so it has no threads that a fork would lose.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import traceback
from typing import Any

# What `burnish run` loads on its way, up to the ONNX exporter.
LIBRARIES = (
    "polars",
    "torch",
    "torch._dynamo",
    "torch.export",
    "torch.onnx._internal.exporter._compat",
    "onnxscript",
    "onnxruntime",
    "sklearn.linear_model",
    "sklearn.feature_extraction.text",
    "scipy.optimize",
    "scipy.stats",
    "accelerate",
    "transformers.models.auto.modeling_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
    "huggingface_hub",
    "optuna",
    "presidio_analyzer",
    "burnish.faces.cli",
    "burnish.pipeline",
    "burnish.catalog",
)
LENGTH_OF_A_REQUEST = 1 << 20
_SECONDS_TO_LOOK_AGAIN = 5


def serve(address: str) -> None:
    """Answer requests until the process that started this one has ended."""
    for library in LIBRARIES:
        importlib.import_module(library)
    importlib.import_module("burnish.checks.mixed_languages")._identifier()
    gc.collect()
    gc.freeze()  # forked processes need not touch, and so copy, what is loaded here
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(_SECONDS_TO_LOOK_AGAIN)
        listening.bind(address)
        listening.listen()
        while os.getppid() == parent:
            try:
                asking, _ = listening.accept()
            except TimeoutError:
                continue
            asking.settimeout(None)
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                look_after(asking)
            asking.close()


def look_after(asking: socket.socket) -> None:
    """Fork what is asked for, say its process id, wait for its end, and say how it ended."""
    message, descriptors, _, _ = socket.recv_fds(asking, LENGTH_OF_A_REQUEST, 2)
    if not message:  # somebody wanted to know whether this server listens
        os._exit(0)
    process = os.fork()
    if process == 0:
        asking.close()
        become(json.loads(message), *descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):
        asking.sendall(f"{process}\n".encode())
        _, status = os.waitpid(process, 0)
        asking.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(request: dict[str, Any], output: int, errors: int) -> None:
    """Be the process that was asked for: a function called with words, or `burnish` where none is named."""
    code = 1
    try:
        for given, number in ((output, 1), (errors, 2)):
            os.dup2(given, number)
            os.close(given)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.path[:0] = request["path"]
        sys.argv = ["burnish", *request["words"]]
        if (most := request["largest_file"]) is not None:
            sys.dont_write_bytecode = True  # Python would keep the beginning of a compiled module, and read it later
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        module, _, function = request["function"].partition(":")
        getattr(importlib.import_module(module), function)()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001  as Python itself does at the end of a process
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
