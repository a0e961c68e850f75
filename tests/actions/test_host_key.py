"""A host key that nobody has trusted: kept once, trusted as it was seen, by a person."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.actions.host_key import remember_shown_key, shown_keys_kept, trust_shown_key
from locum.actions.target import pin_host_key
from locum.audit.model import audit_event
from locum.connectors.base import HostKeyNotTrusted
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.add import get_resource
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

OLD, NEW, OTHER = (
    {"key": f"ssh-ed25519 {name}", "thumbprint": f"SHA256:{name}"} for name in ("old", "new", "other")
)


async def actions(database: Database) -> list[str]:
    query = sa.select(audit_event.c.action).where(audit_event.c.action.startswith("resource.host_key"))
    return await database.read(lambda tx: tx.scalars(query.order_by(audit_event.c.id)))


@pytest.fixture
async def resource_id(database: Database, tmp_path: Path) -> UUID:
    """A resource whose pinned key is OLD."""
    world = await make_world(database, tmp_path)
    await database.write(pin_host_key, world.resource, **OLD)
    return world.resource


async def test_what_was_shown_takes_the_place_of_nothing_until_it_is_trusted(
    database: Database, resource_id: UUID
) -> None:
    for _ in range(2):
        await database.write(remember_shown_key, resource_id, **NEW)
    held = await database.read(get_resource, resource_id)
    assert (held.trusted_host_key, held.trusted_thumbprint) == (OLD["key"], OLD["thumbprint"])
    assert (held.discovered_host_key, held.discovered_thumbprint) == (NEW["key"], NEW["thumbprint"])
    await database.write(trust_shown_key, ACTOR, resource_id, thumbprint=NEW["thumbprint"])
    held = await database.read(get_resource, resource_id)
    assert (held.trusted_host_key, held.trusted_thumbprint) == (NEW["key"], NEW["thumbprint"])
    assert (held.discovered_host_key, held.discovered_thumbprint) == (None, NEW["thumbprint"])
    await database.write(trust_shown_key, ACTOR, resource_id, thumbprint=NEW["thumbprint"])
    said = ["resource.host_key_pinned", "resource.host_key_refused", "resource.host_key_trusted"]
    assert await actions(database) == said


async def test_only_the_key_that_was_compared_is_trusted(database: Database, resource_id: UUID) -> None:
    with pytest.raises(Conflict, match="none to trust"):
        await database.write(trust_shown_key, ACTOR, resource_id, thumbprint=None)
    await database.write(remember_shown_key, resource_id, **NEW)
    await database.write(remember_shown_key, resource_id, **OTHER)
    for wrong in (NEW["thumbprint"], OLD["thumbprint"], ""):
        with pytest.raises(Conflict, match="another thumbprint"):
            await database.write(trust_shown_key, ACTOR, resource_id, thumbprint=wrong)
    assert (await database.read(get_resource, resource_id)).trusted_host_key == OLD["key"]
    await database.write(trust_shown_key, ACTOR, resource_id, thumbprint=None)
    assert (await database.read(get_resource, resource_id)).trusted_host_key == OTHER["key"]
    with pytest.raises(NotFound):
        await database.write(trust_shown_key, ACTOR, new_id(), thumbprint=None)


async def test_a_refusal_inside_the_block_is_kept_and_goes_on(database: Database, resource_id: UUID) -> None:
    with pytest.raises(HostKeyNotTrusted):
        async with shown_keys_kept(database, resource_id):
            raise HostKeyNotTrusted("no", **NEW)
    assert (await database.read(get_resource, resource_id)).discovered_host_key == NEW["key"]
