"""A small world with a reviewer, for tests of certifications below the API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.hosts import Host

from locum.identities.caller import Caller, Role
from locum.identities.people import create_local_user
from locum.identities.roles import permissions_of
from locum.kit.db import Database
from locum.kit.paging import Page
from locum.policies import certify
from locum.policies.certification_model import Certification, Row, RowStatus
from locum.policies.certify import Wanted
from locum.policies.review import Word, decide_rows
from locum.reads.certifications import CertifiedRow, rows
from world import ACTOR, World, make_world


@dataclass
class Certifying:
    """Rita reviews what Alice, Mallory and she herself have."""

    database: Database
    world: World
    rita: Caller

    async def set_up(self, name: str = "autumn", **wanted: Any) -> Certification:
        values = {"name": name, "reviewer_id": self.rita.identity_id, "policies": [self.world.policy], **wanted}
        return await self.database.write(certify.create, ACTOR, Wanted(**values))

    async def begun(self, name: str = "autumn", **wanted: Any) -> Certification:
        """One that has started."""
        made = await self.set_up(name, **wanted)
        return await self.database.write(certify.start, ACTOR, made.id)

    async def rows(self, of: Certification, **which: str) -> list[CertifiedRow]:
        """Its rows, or those whose fields are so."""
        found = (await self.database.read(rows, Page(), of.id)).rows
        return [row for row in found if all(getattr(row, name) == value for name, value in which.items())]

    async def say(self, of: Certification, status: RowStatus, notes: str | None = None, **which: str) -> list[Row]:
        """Rita's word on those rows."""
        words = [Word(row.id, status, notes) for row in await self.rows(of, **which)]
        return await self.database.write(decide_rows, self.rita, of.id, words)


async def certifying(database: Database, folder: Path, host: Host | None = None) -> Certifying:
    world = await make_world(database, folder, host)
    return Certifying(database, world, await reviewer(database, "Rita"))


async def reviewer(database: Database, name: str) -> Caller:
    """Somebody with the role Reviewer."""
    roles = frozenset({Role.REVIEWER})
    made = await database.write(create_local_user, ACTOR, name=name, password_hash="x", roles=roles)
    return Caller(made.id, name, "local", roles, permissions_of(roles), None)


def names(found: list[CertifiedRow]) -> list[tuple[str, str, str | None]]:
    """Who, what and where."""
    return [(row.user_name, row.activity_name, row.resource_name or row.credential_name) for row in found]


def ids(found: list[CertifiedRow]) -> list[UUID]:
    return [row.id for row in found]
