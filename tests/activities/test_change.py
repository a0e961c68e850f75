"""What administrators set about connection profiles."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.change import set_ssh_key_use
from locum.activities.model import SshKeyUse, connection_profile
from locum.activities.read import connection_profile_of, connection_profiles
from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id

ADMIN = Actor(None, "admin")


def add(tx: Tx, name: str) -> UUID:
    made = new_id()
    values = {"is_default": False, "record": True, "max_session_minutes": 5}
    tx.add(connection_profile, id=made, name=name, created_at=tx.now, modified_at=tx.now, **values)
    return made


def test_it_is_set_for_one_profile_and_audited(database: Database) -> None:
    one, other = (database.submit_write(add, name).result() for name in ("one", "other"))
    uses = {row.name: row.ssh_key_use for row in database.submit_read(connection_profiles).result()}
    assert uses == {"one": SshKeyUse.FIRST, "other": SshKeyUse.FIRST}
    database.submit_write(set_ssh_key_use, ADMIN, one, SshKeyUse.SECURITY_KEY).result()
    assert database.submit_read(connection_profile_of, one).result().ssh_key_use is SshKeyUse.SECURITY_KEY
    assert database.submit_read(connection_profile_of, other).result().ssh_key_use is SshKeyUse.FIRST
    c = audit_event.c
    found = sa.select(c.detail).where(c.action == "connection_profile.changed", c.object_id == one)
    (detail,) = database.submit_read(lambda tx: tx.scalars(found)).result()
    assert json.loads(detail) == {"name": "one", "ssh_key_use": "security_key"}


def test_an_unknown_profile_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.submit_write(set_ssh_key_use, ADMIN, new_id(), SshKeyUse.ANY).result()
