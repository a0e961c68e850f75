"""What was asked for in vain is in the audit log, with and without a session, and no flood of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.gateway.ssh.refusals import AUDITED, Refusals
from locum.gateway.ssh.relay import Refusal
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.wake import Wake
from locum.sessions.connections import Connections
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio


async def test_the_first_of_them_are_written(database: Database, vault: Vault) -> None:
    person, session_id = uuid4(), uuid4()
    gate = Connections(database, vault, Wake(), node="n")
    refusals = Refusals(gate, Actor(person, "alice", "192.0.2.7"))
    await refusals.written()
    refusals.add(Refusal("tunnel", "tun"), None)
    for number in range(2 * AUDITED):
        refusals.add(Refusal("local-forward", f"direct-tcpip {number}"), session_id)
    await refusals.written()
    c = audit_event.c
    rows = sa.select(c.action, c.actor_id, c.address, c.object_id, c.outcome, c.detail).order_by(c.id)
    with database.engine.connect() as connection:
        found = connection.execute(rows).all()
    assert found[0] == (
        "connection.refused",
        person,
        "192.0.2.7",
        None,
        "denied",
        '{"asked":"tun","kind":"tunnel"}',
    )
    assert [(row.object_id, row.detail) for row in found[1:]] == [
        (session_id, f'{{"asked":"direct-tcpip {number}","kind":"local-forward"}}')
        for number in range(AUDITED - 1)
    ]
