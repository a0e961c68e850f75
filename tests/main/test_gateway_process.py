"""A gateway process ends with whoever started it, and has neither database nor root key."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncssh
import pytest

from locum.kit.db import Database
from locum.recordings.store import Store
from locum.vault.secret import Secret
from several_gateways import Several
from ssh_gateway import People

pytestmark = pytest.mark.anyio


async def test_it_is_told_what_it_needs_over_the_link_alone(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUM_DATABASE_URL", "postgresql://nobody@nowhere/secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh")
    several = await Several.started(1, None, People(), Secret(key), Store(tmp_path))  # type: ignore[arg-type]
    (pid,) = several.pids
    seen = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    assert b"secret" not in seen
    assert key not in seen
    reader, writer = await asyncio.open_connection("127.0.0.1", several.port)
    assert (await reader.readline()).startswith(b"SSH-2.0-Locum")
    writer.close()
    several._running[0].link.close()  # as if the process that started it were gone
    async with asyncio.timeout(10):
        while os.path.exists(f"/proc/{pid}"):
            await asyncio.sleep(0.02)
    await several.stop(0)
