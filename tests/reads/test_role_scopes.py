"""What a custom role lists must exist."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from locum.credentials.model import credential
from locum.identities.model import identity
from locum.identities.rights import ScopeKind
from locum.kit.db import Database, ReadTx
from locum.policies.model import policy
from locum.reads.role_scopes import unknown
from world import make_world

pytestmark = pytest.mark.anyio


async def test_each_kind_knows_its_own(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    there = {
        ScopeKind.POLICY: world.policy,
        ScopeKind.ACTIVITY: world.sudo,
        ScopeKind.IDENTITY: world.person,
        ScopeKind.RESOURCE: world.resource,
        ScopeKind.CREDENTIAL: await database.read(ReadTx.scalar, sa.select(credential.c.id)),
    }
    assert set(there) == set(ScopeKind)
    assert await database.read(unknown, {kind: [one] for kind, one in there.items()}) == {}
    assert await database.read(unknown, {kind: [] for kind in there}) == {}
    for kind in there:
        for other, one in there.items():
            missing = {} if kind is other else {kind: {one}}
            assert await database.read(unknown, {kind: [one]}) == missing
    strange = uuid4()
    assert await database.read(unknown, {ScopeKind.POLICY: [world.policy, strange]}) == {
        ScopeKind.POLICY: {strange}
    }


async def test_what_is_deleted_is_not_there(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    await database.write(lambda tx: tx.run(sa.update(identity).values(deleted_at=dt.datetime.now(dt.UTC))))
    listed = {ScopeKind.POLICY: [world.policy], ScopeKind.IDENTITY: [world.person]}
    assert await database.read(unknown, listed) == {kind: set(ids) for kind, ids in listed.items()}
