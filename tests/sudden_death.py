"""What may happen to a process that writes: killed at any step, no room left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

_TELLING = ("fsync", "link", "mkdir", "open", "rename", "replace", "unlink")


def steps(most: int, *, few: set[int]) -> list[Any]:
    """The numbers up to `most`; those outside of `few` for `make test-full` alone."""
    return [pytest.param(n, marks=() if n in few else (pytest.mark.full,)) for n in range(1, most + 1)]


def dies_at(step: int, run: Callable[[], object]) -> bool:
    """Run it in a child that kills itself before its `step`th change of a file or transaction; False if none came."""
    child = os.fork()
    if child == 0:
        try:
            _count(step)
            run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _count(step: int) -> None:
    seen = 0

    def tick() -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def telling(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            tick()
            return real(*arguments, **named)

        return call

    for name in _TELLING:
        setattr(os, name, telling(getattr(os, name)))

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("BEGIN", "COMMIT", "CREATE TABLE pause", "INSERT INTO job")):
            tick()

    sa.event.listen(Engine, "before_cursor_execute", before)


@contextlib.contextmanager
def small_disk(at: Path, size: str) -> Iterator[Path]:
    """A file system of that size."""
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(at)], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)
