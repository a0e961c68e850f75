"""A link lets one connection into its session, once and for a minute, and is worth nothing anywhere else."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import SshKeyUse, connection_profile
from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden
from locum.kit.wake import Wake
from locum.sessions import transition
from locum.sessions.auto_connect import LIFETIME, by_link, make_token
from locum.sessions.connections import Connections
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from locum.sessions.wanted import Wanted, check_proof
from locum.vault.secret import Secret
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.1"


@dataclass
class Linked:
    """Somebody's session under a profile that has proxyAutoConnect."""

    database: Database
    world: World
    session_id: UUID

    async def link(self, session_id: UUID | None = None) -> Secret:
        session = await self.database.read(transition.get, session_id or self.session_id)
        token = await self.database.write(make_token, Actor(self.world.person, "Alice"), session)
        assert token is not None
        return token

    async def come(self, token: Secret, session_id: UUID | None = None) -> SignedIn | None:
        wanted = Wanted("alice", "a", "r", session_id=session_id or self.session_id, token=token)
        return await by_link(self.database, wanted, ADDRESS)

    async def profile(self, **values: object) -> None:
        await self.database.write(lambda tx: tx.run(sa.update(connection_profile).values(**values)))

    async def ask(self) -> UUID:
        asked = Request(
            identity_id=self.world.person, activity_id=self.world.shell, resource_id=self.world.resource
        )
        return await self.database.write(request_session, ACTOR, asked, node="n")

    async def audited(self, action: str) -> int:
        count = sa.select(sa.func.count()).where(audit_event.c.action == action)
        return int(await self.database.read(lambda tx: tx.scalar(count)))


@pytest.fixture
async def linked(database: Database, tmp_path: Path) -> Linked:
    made = Linked(database, await make_world(database, tmp_path), UUID(int=0))
    await made.profile(proxy_auto_connect=True)
    made.session_id = await made.ask()
    return made


async def test_one_of_many_who_come_at_once_is_let_in(linked: Linked) -> None:
    token = await linked.link()
    came = [who for who in await asyncio.gather(*(linked.come(token) for _ in range(8))) if who is not None]
    assert came == [SignedIn(linked.world.person, "Alice", only_session=linked.session_id)]
    assert await linked.come(token) is None
    assert (await linked.audited("session.link_made"), await linked.audited("session.link_used")) == (1, 1)


async def test_the_database_and_the_audit_log_know_no_token(linked: Linked) -> None:
    text = (await linked.link()).reveal_text()
    assert len(text) == 43
    kept = await linked.database.read(lambda tx: tx.scalar(sa.select(access_session.c.entry_digest)))
    assert len(kept) == 32
    assert text.encode() not in kept
    details = await linked.database.read(lambda tx: tx.scalars(sa.select(audit_event.c.detail)))
    assert text not in json.dumps([str(detail) for detail in details])


async def test_it_is_over_after_a_minute(linked: Linked) -> None:
    token = await linked.link()
    assert dt.timedelta(seconds=60) == LIFETIME
    until = sa.select(access_session.c.entry_until)
    at, now = await linked.database.read(lambda tx: (tx.scalar(until), tx.now))
    assert dt.timedelta(0) < at - now <= LIFETIME
    await linked.database.write(lambda tx: tx.run(sa.update(access_session).values(entry_until=tx.now)))
    assert await linked.come(token) is None


async def test_it_is_good_for_its_own_session_and_the_latest_counts(linked: Linked) -> None:
    other = await linked.ask()
    first, second = await linked.link(), await linked.link()
    assert await linked.come(second, other) is None
    assert await linked.come(first) is None
    assert await linked.come(Secret("A" * 43)) is None
    assert await linked.come(second, UUID(int=5)) is None
    assert await linked.come(second) is not None


async def test_who_may_not_sign_in_is_not_let_in(linked: Linked) -> None:
    token = await linked.link()
    await linked.database.write(lock, linked.world.person)
    assert await linked.come(token) is None
    assert await linked.audited("session.link_used") == 0


async def test_the_profile_has_to_want_it_when_it_is_made_used_and_at_the_gate(linked: Linked) -> None:
    first = await linked.link()
    who = await linked.come(first)
    assert who is not None
    await linked.database.read(check_proof, linked.session_id, who)
    second = await linked.link()
    await linked.profile(proxy_auto_connect=False)
    assert await linked.come(second) is None
    with pytest.raises(Forbidden, match="its own session alone"):
        await linked.database.read(check_proof, linked.session_id, who)
    session = await linked.database.read(transition.get, linked.session_id)
    assert await linked.database.write(make_token, ACTOR, session) is None


async def test_the_gate_lets_whoever_came_so_into_nothing_else(linked: Linked) -> None:
    who = await linked.come(await linked.link())
    assert who is not None
    await linked.profile(ssh_key_use=SshKeyUse.ANY)
    other = await linked.ask()
    with pytest.raises(Forbidden, match="its own session alone"):
        await linked.database.read(check_proof, other, who)
    gate = Connections(linked.database, linked.world.vault, Wake(), node="n")
    told: list[str] = []
    before = await sessions(linked)
    with pytest.raises(Forbidden, match="its own session alone"):
        await gate.open(
            who,
            Wanted("alice", "Linux_sudo", "web01"),
            address=ADDRESS,
            close=told.append,
            change=lambda now: None,
            progress=told.append,
        )
    assert await sessions(linked) == before


async def sessions(linked: Linked) -> int:
    count = sa.select(sa.func.count()).select_from(access_session)
    return int(await linked.database.read(lambda tx: tx.scalar(count)))


async def test_nothing_of_it_is_left_when_the_session_has_ended(linked: Linked) -> None:
    await linked.link()

    def end(tx: Tx) -> None:
        session = transition.get(tx, linked.session_id)
        transition.begin_end(tx, ACTOR, session, outcome=Status.COMPLETE, reason="x")
        session = transition.get(tx, linked.session_id)
        transition.move(tx, session, Status.COMPLETE, actual_end=session.modified_at)

    await linked.database.write(end)
    kept = sa.select(access_session.c.entry_digest, access_session.c.entry_until)
    assert (await linked.database.read(lambda tx: tx.scalars(kept))) == [None]
