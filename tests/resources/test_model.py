"""The tables refuse what Python could get wrong."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crowd import copy
from locum.kit.db import Database
from locum.resources.add import get_resource
from locum.resources.model import platform, resource
from world import make_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "change",
    [
        sa.update(resource).values(type=1),
        sa.update(resource).values(port_ssh=0),
        sa.update(resource).values(port_ssh=65_536),
        sa.update(resource).values(ssh_trust_action=3),
        sa.update(resource).values(dns_name=None, ip_address=None),
        sa.update(resource).values(name_key="same"),
        sa.update(resource).values(platform_id=UUID(int=7)),
        sa.update(resource).values(service_account_id=UUID(int=7)),
        sa.delete(platform),
    ],
    ids=lambda change: str(change.compile().params) if change.is_update else "platform in use",
)
async def test_impossible_rows_are_refused(
    database: Database, tmp_path: Path, change: sa.Update | sa.Delete
) -> None:
    world = await make_world(database, tmp_path)
    await copy(database, resource, world.resource, 1, name_key="other")
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(change))


async def test_the_ip_address_is_dialled_before_the_name(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(resource).values(dns_name="web01.example.org")))
    assert (await database.read(get_resource, world.resource)).address == "127.0.0.1"
    await database.write(lambda tx: tx.run(sa.update(resource).values(ip_address=None)))
    assert (await database.read(get_resource, world.resource)).address == "web01.example.org"
