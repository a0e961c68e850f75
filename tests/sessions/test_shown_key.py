"""A target with another host key: pinned, let in with a warning or without, refused, as its resource says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from locum.actions.target import pin_host_key
from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit.db import Database
from locum.kit.errors import Forbidden
from locum.kit.wake import Wake
from locum.resources.add import get_resource
from locum.resources.model import TrustAction, resource
from locum.sessions.connections import Connections, Grant, authorize_connection
from locum.sessions.model import session_log
from locum.sessions.request import Request, request_session
from locum.sessions.shown_key import let_key_in
from stage import Stage
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

OLD = "ssh-ed25519 old"
REFUSED = {"refused": True}
CASES: list[tuple[TrustAction, str | None, bool, dict[str, Any]]] = [
    (TrustAction.BLOCK, OLD, True, REFUSED),
    (TrustAction.BLOCK, None, False, REFUSED),
    (TrustAction.BLOCK, None, True, {"pinned": True}),
    (TrustAction.WARN, OLD, True, {"warned": True}),
    (TrustAction.WARN, None, False, REFUSED),
    (TrustAction.ALWAYS_TRUST, OLD, True, {}),
    (TrustAction.ALWAYS_TRUST, None, False, {}),
    (TrustAction.ALWAYS_TRUST, None, True, {"pinned": True}),
]


async def test_the_gate_is_asked_about_another_key_where_the_resource_lets_it_in(stage: Stage) -> None:
    database, who = stage.database, SignedIn(stage.world.person, "alice")
    gate = Connections(database, stage.world.vault, Wake(), node="n")
    session_id = await stage.ask()
    await stage.turn()

    async def granted() -> Grant:
        how = {"session_id": session_id, "who": who, "address": "192.0.2.7", "node": "n"}
        return await database.write(authorize_connection, stage.world.vault, **how)

    grant = await granted()
    assert not grant.any_host_key
    await gate.pin_host_key(grant, stage.host.host_key, "SHA256:own")
    with pytest.raises(Forbidden, match="host key is not the trusted one"):
        await gate.pin_host_key(grant, "ssh-ed25519 other", "SHA256:other")
    await database.write(lambda tx: tx.run(sa.update(resource).values(ssh_trust_action=TrustAction.WARN)))
    grant = await granted()
    assert grant.any_host_key
    await gate.pin_host_key(grant, "ssh-ed25519 other", "SHA256:other")
    assert "SHA256:other, and is let in" in await stage.log(session_id)
    await stage.end(session_id)
    await stage.turn()


@pytest.mark.parametrize(("action", "trusted", "accept_first", "becomes"), CASES)
async def test_as_the_resource_says(
    database: Database,
    tmp_path: Path,
    action: TrustAction,
    trusted: str | None,
    accept_first: bool,
    becomes: dict[str, Any],
) -> None:
    world = await make_world(database, tmp_path)
    if trusted is not None:
        await database.write(pin_host_key, world.resource, key=trusted, thumbprint="SHA256:old")
    values = {"ssh_trust_action": action, "accept_host_key_on_first_discovery": accept_first}
    await database.write(lambda tx: tx.run(sa.update(resource).values(**values)))
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    key = {"trusted": trusted, "shown": "ssh-ed25519 new", "thumbprint": "SHA256:new"}
    refused = False
    try:
        await database.write(let_key_in, session_id, world.resource, **key)
    except Forbidden as refusal:
        refused = refusal.missing == "trusted host key"
    held = await database.read(get_resource, world.resource)
    said = sa.select(sa.func.count()).where(session_log.c.text.contains("SHA256:new, and is let in"))
    events = sa.select(sa.func.count()).where(audit_event.c.action == "resource.host_key_let_in")
    warned = [await database.read(lambda tx, query=query: tx.scalar(query)) for query in (said, events)]
    assert refused == becomes.get("refused", False)
    assert held.trusted_host_key == ("ssh-ed25519 new" if becomes.get("pinned") else trusted)
    assert warned == ([1, 1] if becomes.get("warned") else [0, 0])
