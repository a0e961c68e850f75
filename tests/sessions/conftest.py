"""A stage for sessions: both databases, one real host."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from demo.hosts import Host

from locum.kit.db import Database
from stage import Stage, staged


@pytest.fixture
async def stage(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path, linux_hosts[0]) as made:
        yield made
