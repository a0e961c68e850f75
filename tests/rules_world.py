"""Credentials with managed users on hosts, for tests of the rules that hold for them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.credentials.add import add_credential
from locum.credentials.model import Method, managed_user
from locum.credentials.schedules import add_schedule
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.resources.add import add_resource
from locum.resources.model import platform, resource
from locum.vault.secret import Secret
from locum.vault.store import Vault
from world import ACTOR, make_world

FAR = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


class Rules:
    """A seeded database with ways to add what rules are about; each answers an id."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def login(self, name: str, resource_id: UUID | None, **values: Any) -> UUID:
        """A credential, managed on a resource if one is given."""
        return await self.database.write(self._login, name, resource_id, values)

    def _login(self, tx: Tx, name: str, resource_id: UUID | None, values: dict[str, Any]) -> UUID:
        made = add_credential(tx, self.vault, ACTOR, username=name, password=Secret("x"))
        if resource_id is not None:
            row = {
                "method": Method.AUTOMATIC,
                "next_change_at": FAR,
                "next_verification_at": FAR,
                "created_at": tx.now,
                "modified_at": tx.now,
            }
            tx.add(managed_user, id=new_id(), credential_id=made.id, resource_id=resource_id, **{**row, **values})
        return made.id

    async def host(self, name: str) -> UUID:
        """A Linux host."""
        return (await self.database.write(add_resource, ACTOR, name=name)).id

    async def schedule(self, name: str, hours: int = 1) -> UUID:
        made = await self.database.write(add_schedule, ACTOR, name=name, timing={"period": hours})
        return made.id

    async def platform(self, name: str = "Linux") -> UUID:
        found = sa.select(platform.c.id).where(platform.c.name == name)
        return UUID(str(await self.database.read(lambda tx: tx.scalar(found))))

    async def set(self, table: sa.Table, thing: UUID, **values: Any) -> None:
        change = sa.update(table).where(table.c.id == thing).values(**values)
        await self.database.write(lambda tx: tx.run(change))

    async def move(self, resource_id: UUID, platform_id: UUID) -> None:
        await self.set(resource, resource_id, platform_id=platform_id)

    async def due_now(self) -> set[UUID]:
        """The credentials whose dates were made due, which are then put off again."""
        c = managed_user.c
        query = sa.select(c.credential_id).where(c.next_change_at < FAR, c.next_verification_at < FAR)
        found = set(await self.database.read(lambda tx: tx.scalars(query)))
        put_off = sa.update(managed_user).values(next_change_at=FAR, next_verification_at=FAR)
        await self.database.write(lambda tx: tx.run(put_off))
        return found


async def make_rules(database: Database, folder: Path) -> Rules:
    world = await make_world(database, folder)
    return Rules(database, world.vault)
