"""Row of the time from the command to the log line that says that everything listens."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from demo.installation import free_port

from bench.measure import Goal, Row, interleave, processor_s
from bench.stage import LOCUM, Stage

LIBRARIES = (
    "alembic, argon2, asyncssh, cryptography, joserfc, msgspec, sqlalchemy, starlette, structlog, uvicorn, uvloop"
)


def start(stage: Stage) -> list[Row]:
    """Processor seconds until ready on a fresh database; the floor is Python importing the libraries alone."""
    data = stage.init("start")
    walls: list[float] = []
    samples = interleave(1 if stage.short else 5, lambda: _ours(data, walls), _theirs)
    return [
        Row(
            "start",
            "start to ready, processor time",
            "importing the libraries alone",
            "s",
            *samples,
            goal=Goal("ceiling", 2.0),
            margin=Goal("at_most", 20.0),
            extra={"oursWallS": sorted(walls)[len(walls) // 2]},
        )
    ]


def _ours(data: Path, walls: list[float]) -> float:
    started = time.perf_counter()
    with subprocess.Popen(
        [
            *(LOCUM, "serve", "--data-dir", str(data)),
            *("--https", f"127.0.0.1:{free_port()}", "--ssh", f"127.0.0.1:{free_port()}"),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if b"locum is ready" in line:
                    walls.append(time.perf_counter() - started)
                    return processor_s(process.pid)
            raise SystemExit("Locum did not start")
        finally:
            process.terminate()


def _theirs() -> float:
    with subprocess.Popen(
        [sys.executable, "-c", f"import {LIBRARIES}\nprint(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        spent = processor_s(process.pid)
        process.kill()
    return spent
