"""Memory of `burnish serve` over many requests.

    python -m benchmarks.soak --requests 100000

The same specialist and server as in `benchmarks.serving`, with the log on, asked by `wrk` (which must be installed)
over 32 connections with the first words of product reviews. After each 5,000 requests the server's resident memory is
noted.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import table
from benchmarks.serving import free_port, megabytes, processor_seconds, specialist, started

_CONNECTIONS, _SECONDS, _WORDS = 32, 5, 4
_SCRIPT = """
local bodies, asked = {BODIES}, 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
  asked = asked + 1
  return wrk.format(nil, nil, nil, bodies[asked % #bodies + 1])
end
"""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What was measured when so many requests had been answered."""

    requests: int
    failed: int
    megabytes: float
    seconds: float
    processor_ms: float


def soak(port: int, script: Path, process: subprocess.Popen[bytes], requests: int, every: int) -> Iterator[Noted]:
    """Ask until so many requests are answered, and note how the server is before, and each `every` requests."""
    done, failed, seconds, used = 0, 0, 0.0, processor_seconds(process)
    yield Noted(requests=0, failed=0, megabytes=megabytes(process), seconds=0.0, processor_ms=0.0)
    due = every
    while done < requests:
        command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "--timeout", "30s", "-s", str(script)]
        told = subprocess.run(
            [*command, f"http://127.0.0.1:{port}/predict"], capture_output=True, text=True, check=True
        )
        answered = re.search(r"(\d+) requests in ([\d.]+)s", told.stdout)
        assert answered, told.stdout
        done, seconds = done + int(answered[1]), seconds + float(answered[2])
        failed += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", told.stdout)))
        failed += sum(
            int(n) for line in re.findall(r"Socket errors: (.*)", told.stdout) for n in re.findall(r"\d+", line)
        )
        if done >= due:
            due += every * ((done - due) // every + 1)
            spent = 1000 * (processor_seconds(process) - used) / done
            yield Noted(requests=done, failed=failed, megabytes=megabytes(process), seconds=seconds, processor_ms=spent)


def main() -> None:
    """Serve, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run, texts = specialist(Path(folder))
        bodies = [json.dumps({"text": " ".join(text.split()[:_WORDS])}) for text in texts]
        script = Path(folder) / "post.lua"
        script.write_text(_SCRIPT.replace("BODIES", ", ".join(f"[==[{body}]==]" for body in bodies)), encoding="utf-8")
        port = free_port()
        command = [sys.executable, "-m", "burnish", "serve", str(run), "--port", str(port)]
        lines = []
        with started(command, port, "/ready") as process:
            for noted in soak(port, script, process, options.requests, options.every):
                print(noted, flush=True)
                lines.append(
                    [
                        f"{noted.requests:,}",
                        f"{noted.failed}",
                        f"{noted.megabytes:.0f}",
                        f"{noted.seconds:.0f}",
                        f"{noted.processor_ms:.1f}",
                    ]
                )
    print("\n" + table(["requests", "failed", "MB", "seconds", "processor ms a request"], lines))


if __name__ == "__main__":
    main()
