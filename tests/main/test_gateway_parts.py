"""What carries connections on a node: where the recordings of a lost node are closed, and the sign of life."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.kit.db import Database
from locum.kit.settings import Settings
from locum.kit.wake import Wake
from locum.main import keys
from locum.main.gateway_parts import GatewayParts, gateway_parts, sign_in_parts
from locum.sessions.node_model import node_life
from world import make_world

pytestmark = pytest.mark.anyio


async def built(database: Database, folder: Path, **settings: object) -> GatewayParts:
    world = await make_world(database, folder)
    await database.write(keys.ensure_all, world.vault)
    shared = await database.read(keys.load_shared, world.vault)
    people = sign_in_parts(database, world.vault, shared)
    people.hasher.close()
    made = Settings(data_dir=folder, **settings)  # type: ignore[arg-type]
    return gateway_parts(made, database, world.vault, people.signin, Wake(), shared, node="n")


async def test_a_node_says_that_it_is_alive_where_there_may_be_others(database: Database, tmp_path: Path) -> None:
    parts = await built(database, tmp_path)
    there = sa.select(node_life.c.node)
    tasks = parts.tasks()
    async with asyncio.timeout(10):
        while not database.is_sqlite and await database.read(lambda tx: tx.scalars(there)) != ["n"]:
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await parts.leave()
    assert await database.read(lambda tx: tx.scalars(there)) == []
    await parts.recorder.stop()


@pytest.mark.parametrize("number", [1, 3])
async def test_several_processes_are_there_only_where_they_were_asked_for(
    database: Database, tmp_path: Path, number: int
) -> None:
    parts = await built(database, tmp_path, gateway_processes=number)
    assert (parts.processes is None) == (number == 1)
    await parts.recorder.stop()
