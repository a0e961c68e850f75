"""A hardened process leaves no core dump and can't be attached to."""

from __future__ import annotations

import ctypes
import errno
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.vault.process import harden, protection

SCRIPT = """
import ctypes, os, resource
from locum.vault.process import harden
resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
harden()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
os.abort()
"""


def test_no_core_dump(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "(0, 0) 0\n", done.stderr
    assert done.returncode == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []


def test_what_is_said_of_the_memory_is_the_kernels_word() -> None:
    script = """
import resource
from locum.vault.process import harden, protection
resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
before = protection()
harden()
print(before["debuggers"], protection())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "True {'coreDumps': False, 'debuggers': False}\n", done.stderr


def test_what_the_kernel_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which gets its own state back; its limit, which could not be raised again, is left alone."""
    limits: list[object] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *asked: limits.append(asked))
    libc = ctypes.CDLL(None)
    before = libc.prctl(3, 0, 0, 0, 0)
    try:
        harden()
        assert limits == [(resource.RLIMIT_CORE, (0, 0))]
        assert libc.prctl(3, 0, 0, 0, 0) == 0
        assert protection() == {"coreDumps": False, "debuggers": False}
        libc.prctl(4, 1, 0, 0, 0)
        for soft in (0, 1):
            monkeypatch.setattr(
                resource, "getrlimit", lambda limit, soft=soft: (soft, 1) if limit == 4 else (0, 0)
            )
            assert protection() == {"coreDumps": bool(soft), "debuggers": True}
    finally:
        libc.prctl(4, before, 0, 0, 0)


def test_a_kernel_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, name: object, use_errno: bool = False) -> None:
            assert name is None
            assert use_errno

        def prctl(self, *asked: int) -> int:
            ctypes.set_errno(errno.EPERM)
            return -1

    monkeypatch.setattr(resource, "setrlimit", lambda *asked: None)
    monkeypatch.setattr(ctypes, "CDLL", Refusing)
    with pytest.raises(StartError, match=r"^can't forbid core dumps: Operation not permitted$"):
        harden()
