"""What a gateway process may ask for, and what becomes of what it leaves."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from locum.identities.signin import FirstFactor, SignedIn
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Unauthenticated
from locum.kit.paging import Page
from locum.main.gateway_desk import Desk
from locum.main.gateway_far import CallFailed, FarRooms
from locum.main.gateway_link import FromGateway, Link, ToGateway
from locum.sessions.connections import Grant, Now, Wanted
from locum.vault.keyring import Keyring
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault
from ssh_gateway import PASSWORD, Gate, People

pytestmark = pytest.mark.anyio
WANTED = Wanted("bob", "Linux_shell", "web01")


@dataclass
class Process:
    """Both ends: `rooms` is what the gateway process has, `desk` answers it with the gate of tests."""

    gate: Gate
    rooms: FarRooms
    desk: Desk
    link: Link[ToGateway]
    told: list[object] = field(default_factory=list)
    serving: asyncio.Task[None] | None = None

    async def sign_in(self) -> SignedIn:
        first = await self.rooms.password("bob", Secret(PASSWORD), address="192.0.2.7")
        return await self.rooms.second_factor(first, "", address="192.0.2.7")

    async def open(self, who: SignedIn) -> Grant:
        return await self.rooms.open(
            who, WANTED, address="192.0.2.7", close=self.told.append, change=self.told.append,
            progress=self.told.append,
        )  # fmt: skip

    async def until_told(self, what: object) -> None:
        async with asyncio.timeout(5):
            while what not in self.told:
                await asyncio.sleep(0)


@pytest.fixture
async def process(database: Database) -> AsyncIterator[Process]:
    grant = Grant(
        uuid4(), uuid4(), uuid4(), "bob", uuid4(), "web01", "shell", "192.0.2.1", 22, "bob-x", Secret("key"),
        None, None, dt.datetime.now(dt.UTC), record=True,
    )  # fmt: skip
    gate = Gate(grant, Vault(Keyring(new_key())), database)
    here, there = socket.socketpair()
    state: Link[FromGateway] = await Link.over(here, FromGateway)
    link: Link[ToGateway] = await Link.over(there, ToGateway)
    rooms, desk = FarRooms(link), Desk(state, gate, People(), lambda: None)

    async def hear() -> None:
        while (message := await link.receive()) is not None:
            rooms.heard(message)

    made = Process(gate, rooms, desk, link, serving=asyncio.create_task(desk.serve()))
    hearing = asyncio.create_task(hear())
    yield made
    link.close()
    hearing.cancel()


async def test_a_connection_is_opened_and_hears_of_its_session(process: Process) -> None:
    process.gate.say = ("preparing access…",)
    grant = await process.open(await process.sign_in())
    assert grant == process.gate.grants[0]
    assert process.told == ["preparing access…"]
    now = Now(grant.deadline + dt.timedelta(minutes=1), "stop")
    process.gate.changers[0](now)
    process.gate.closers[0]("enough")
    await process.until_told("enough")
    assert process.told[1:] == [now, "enough"]
    key, wrapped = await process.rooms.recording_key(grant)
    opened = process.gate._vault.unwrap_data_key(wrapped, purpose="recording", subject_id=grant.connection_id)
    assert key == opened
    await process.rooms.closed(grant, reason="left")
    await process.rooms.happened(grant, [("connection.file", {"file": "x"})], address="192.0.2.7")
    assert (process.gate.ended, len(process.gate.events)) == ([(grant.connection_id, "left")], 1)
    assert await process.desk.left() == []


async def test_a_refusal_says_whether_to_try_again(process: Process) -> None:
    with pytest.raises(Unauthenticated, match="wrong"):
        await process.rooms.password("bob", Secret("no"), address=None)
    with pytest.raises(Forbidden, match="locked"):
        await process.rooms.password("mallory", Secret("no"), address=None)


async def test_a_failure_is_told_by_its_first_line_alone(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("the disk\nand a row")

    monkeypatch.setattr(process.gate, "choices", fail)
    with pytest.raises(CallFailed) as failed:
        await process.rooms.choices(uuid4(), Page())
    assert "and a row" not in str(failed.value)


async def test_nobody_enters_who_did_not_sign_in_through_it(process: Process) -> None:
    with pytest.raises(Forbidden, match="nobody signed in"):
        await process.rooms.second_factor(FirstFactor(uuid4(), "bob", "none"), "", address=None)
    with pytest.raises(Forbidden, match="nobody signed in"):
        await process.open(SignedIn(uuid4(), "root"))
    assert process.gate.wanted == []


async def test_it_can_speak_of_its_own_connections_alone(process: Process) -> None:
    elsewhere = process.gate.grant
    for call in (
        process.rooms.closed(elsewhere, reason="left"),
        process.rooms.extend(elsewhere, address=""),
        process.rooms.recording_key(elsewhere),
        process.rooms.happened(elsewhere, [], address=""),
    ):
        with pytest.raises(Forbidden, match="no such connection"):
            await call
    assert (process.gate.ended, process.gate.extended) == ([], [])


@pytest.mark.parametrize("answered", [False, True])
async def test_a_client_that_leaves_before_its_grant_comes_leaves_nothing_open(
    process: Process, answered: bool
) -> None:
    who = await process.sign_in()
    process.gate.wait = asyncio.Event()
    opening = asyncio.create_task(process.open(who))
    while not process.gate.wanted:
        await asyncio.sleep(0)
    if answered:
        process.gate.wait.set()
        while not process.gate.grants:
            await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await process.sign_in()  # what was said before has been heard by then
    process.gate.wait.set()
    if answered:
        await process.gate.until_ended()
    assert len(process.gate.grants) == len(process.gate.ended) == answered
    assert await process.desk.left() == []


async def test_what_it_leaves_is_what_was_open(process: Process) -> None:
    who = await process.sign_in()
    kept, closed = await process.open(who), await process.open(who)
    await process.rooms.closed(closed, reason="left")
    process.gate.wait = asyncio.Event()
    opening = asyncio.create_task(process.open(who))
    while len(process.gate.wanted) < 3:
        await asyncio.sleep(0)
    process.link.close()
    assert process.serving is not None
    await process.serving
    assert await process.desk.left() == [kept]
    opening.cancel()
