"""Requests a second: `burnish serve` against a plain FastAPI application around a transformers pipeline.

    python -m benchmarks.serving --requests 3000 --connections 32

Both serve the same specialist (MiniLM, trained on product reviews with `head`), each in a process of its own, one after
the other, and get the same sentences from the same bounded client over loopback, which is a third process. burnish runs
with everything on: parity gate, counters, and the request log with personal data masked. The plain application does
what a tutorial shows: one request, one call of the pipeline, in a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import QUIET, table
from burnish.data.samples import write_sample
from burnish.events import finish

ROWS = 600


def plain_server(folder: str, port: int) -> None:
    """Serve a specialist's folder as a tutorial would."""
    import torch
    import transformers
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Row(BaseModel):
        text: str

    encoder = transformers.AutoModel.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    labels = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))["targets"]["labels"]
    pipeline: Any = transformers.pipeline("feature-extraction", model=encoder, tokenizer=tokenizer, return_tensors=True)
    head = torch.nn.Linear(encoder.config.hidden_size, len(labels))  # its weights do not matter for speed
    application = FastAPI()

    def predict(row: Row) -> dict[str, Any]:
        with torch.no_grad():
            scores = head(pipeline(row.text)[0].mean(dim=0)).softmax(dim=-1)
        best = int(scores.argmax())
        return {"value": labels[best], "confidence": float(scores[best])}

    predict.__annotations__["row"] = Row
    application.post("/predict")(predict)
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error", access_log=False)


async def _client(port: int, bodies: Sequence[bytes], seconds: list[float], statuses: list[int]) -> None:
    """One connection that is kept: a request at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in bodies:
        began = time.perf_counter()
        writer.write(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - began)
        statuses.append(int(lines[0].split()[1]))
    writer.close()


def load(port: int, texts: Sequence[str], requests: int, connections: int) -> dict[str, float]:
    """Ask so many times over so many connections at once, and say how long it took."""
    bodies = [json.dumps({"text": texts[number % len(texts)]}).encode() for number in range(requests)]
    seconds: list[float] = []
    statuses: list[int] = []

    async def all_clients() -> None:
        await asyncio.gather(*(_client(port, bodies[n::connections], seconds, statuses) for n in range(connections)))

    began = time.perf_counter()
    asyncio.run(all_clients())
    passed = time.perf_counter() - began
    ordered = sorted(seconds)
    return {
        "requests_per_second": len(seconds) / passed,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[int(len(ordered) * 0.99)],
        "failed": sum(status != 200 for status in statuses),
    }


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextlib.contextmanager
def started(command: Sequence[str], port: int, ready: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ready, for as long as the context lasts."""
    process = subprocess.Popen([*command], env={**os.environ, **QUIET}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=2)
                break
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def megabytes(process: subprocess.Popen[bytes]) -> float:
    """The memory that a process holds."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1e3


def _measure(
    name: str, command: Sequence[str], port: int, ready: str, texts: Sequence[str], options: argparse.Namespace
) -> dict[str, Any]:
    with started(command, port, ready) as process:
        _in_own_process(port, texts, 400, options.connections)  # warm up
        before, used = megabytes(process), processor_seconds(process)
        found = _in_own_process(port, texts, options.requests, options.connections)
        found |= {"megabytes_before": before, "megabytes": megabytes(process)}
        found["processor_ms"] = 1000 * (processor_seconds(process) - used) / options.requests
    print(name, found, flush=True)
    return found


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _in_own_process(port: int, texts: Sequence[str], requests: int, connections: int) -> dict[str, Any]:
    settings = json.dumps({"port": port, "texts": list(texts), "requests": requests, "connections": connections})
    command = [sys.executable, "-m", "benchmarks.serving", "--client"]
    done = subprocess.run(command, input=settings, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def specialist(folder: Path) -> tuple[Path, list[str]]:
    """A run on product reviews, and their texts."""
    import burnish

    data = folder / "products.csv"
    finish(write_sample("reviews", data, "products"))
    with data.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "sentiment"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    run = burnish.run(
        data,
        label="sentiment",
        method="head",
        model="minilm",
        out=folder,
        evaluate={"minimum-gain": 0, "metric": "accuracy"},
    )
    return run.folder, [row["text"] for row in rows]


def main() -> None:
    """Serve with both, ask both, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--plain", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        print(json.dumps(load(**json.loads(sys.stdin.read()))))
        return
    if options.plain:
        plain_server(options.plain[0], int(options.plain[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        run, texts = specialist(Path(folder))
        export = run / "export" / "specialist"
        ports = [free_port(), free_port()]
        ours = [sys.executable, "-m", "burnish", "serve", str(run), "--port", str(ports[0])]
        plain = [sys.executable, "-m", "benchmarks.serving", "--plain", str(export), str(ports[1])]
        results = {
            "burnish serve, log on": _measure("burnish", ours, ports[0], "/ready", texts, options),
            "FastAPI + pipeline": _measure("plain", plain, ports[1], "/docs", texts, options),
        }
    lines = [
        [
            name,
            f"{found['requests_per_second']:.0f}",
            f"{1000 * found['p50']:.0f}",
            f"{1000 * found['p99']:.0f}",
            f"{found['processor_ms']:.1f}",
            f"{found['failed']}",
            f"{found['megabytes_before']:.0f} / {found['megabytes']:.0f}",
        ]
        for name, found in results.items()
    ]
    headings = [
        "server",
        "requests a second",
        "p50, ms",
        "p99, ms",
        "processor ms a request",
        "failed",
        "MB before / after",
    ]
    print("\n" + table(headings, lines))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"\n{options.requests} requests, {options.connections} connections ({peak:.0f} MB in the benchmark itself)")


if __name__ == "__main__":
    main()
