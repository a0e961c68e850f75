"""A store in a directory of its own, a recorder, and a disk that is soon full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from recorded import SIGNER


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "recordings")


@pytest.fixture
async def recorder(store: Store) -> AsyncIterator[Recorder]:
    started = Recorder(store, SIGNER, reserve_bytes=0)
    yield started
    await started.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB."""
    where = tmp_path / "disk"
    where.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size=1m,uid={os.getuid()},gid={os.getgid()},mode=0700"
    subprocess.run([*as_root, "mount", "-t", "tmpfs", "-o", options, "tmpfs", where], check=True)
    yield where
    subprocess.run([*as_root, "umount", "--lazy", where], check=True)
