"""Keeps the process's memory, which holds keys, out of core dumps and away from debuggers."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

from locum.kit.errors import StartError

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4  # linux/prctl.h


def harden() -> None:
    """No core dumps, and on Linux no ptrace by other processes of the same user. Raises StartError if refused.

    The limit alone is not enough: Linux ignores it where core_pattern pipes dumps to a program (core(5)).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            raise StartError(f"can't forbid core dumps: {os.strerror(ctypes.get_errno())}")


def protection() -> dict[str, bool]:
    """Whether the memory of this process may get into a core dump, and be read by a debugger of the same user."""
    core = resource.getrlimit(resource.RLIMIT_CORE)[0] != 0
    dumpable = sys.platform != "linux" or ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0
    return {"coreDumps": core and dumpable, "debuggers": dumpable}
