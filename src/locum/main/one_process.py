"""One process at a time has a data directory to itself: a server, or what can't run beside one."""

from __future__ import annotations

import fcntl
from contextlib import ExitStack
from pathlib import Path

from locum.kit.errors import StartError


def alone_on(data_dir: Path, stack: ExitStack, *, refusal: str) -> None:
    """Hold the directory's lock until the stack closes. Raises StartError in the words of `refusal` if another does."""
    try:
        file = open(data_dir / "lock", "w")  # noqa: SIM115 - the stack closes it, which frees the lock
    except OSError as error:
        raise StartError(f"can't write in {data_dir}: {error.strerror}") from None
    stack.callback(file.close)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError(refusal) from None
