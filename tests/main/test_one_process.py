"""A data directory has one process to itself; one that dies frees it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.main.one_process import alone_on

_HOLD = """
import sys
from contextlib import ExitStack
from pathlib import Path
from locum.main.one_process import alone_on
stack = ExitStack()
alone_on(Path(sys.argv[1]), stack, refusal="taken")
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    with ExitStack() as first:
        alone_on(tmp_path, first, refusal="taken")
        with ExitStack() as second, pytest.raises(StartError, match=r"^taken$"):
            alone_on(tmp_path, second, refusal="taken")
    with ExitStack() as third:
        alone_on(tmp_path, third, refusal="taken")


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with ExitStack() as stack, pytest.raises(StartError):
            alone_on(tmp_path, stack, refusal="taken")
        other.kill()
        other.wait()
    with ExitStack() as stack:
        alone_on(tmp_path, stack, refusal="taken")


def test_a_directory_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(StartError, match=r"can't write in .*nowhere: No such file"):
        alone_on(tmp_path / "nowhere", stack, refusal="taken")
