"""What two processes say to each other arrives as it was, in order, and nothing else is taken."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Sequence
from uuid import uuid4

import pytest

from locum.activities.command_rules import CommandAction, CommandHit, CommandRule, Restriction
from locum.identities.signin import Proof, SignedIn
from locum.main.gateway_link import (
    Answered,
    Asked,
    Change,
    Drain,
    FromGateway,
    Happened,
    Link,
    Open,
    Password,
    ToGateway,
    decoded,
    encoded,
)
from locum.sessions.connections import ConnectionEvent, Grant, Now, Wanted
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 11, 27, 21, 5, 0, 123456, dt.UTC)
RULES = (CommandRule("rm .*", CommandAction.LOCK, "no"),)
RESTRICTION = Restriction(uuid4(), "careful", None, RULES)
EVENTS: Sequence[ConnectionEvent] = [
    ("connection.file", {"file": "/etc/x", "bytes": 3, "trusted": True, "sha256": None}),
    CommandHit(RESTRICTION, 1, "rm x"),
]


async def pair() -> tuple[Link[FromGateway], Link[ToGateway]]:
    here, there = socket.socketpair()
    return await Link.over(here, FromGateway), await Link.over(there, ToGateway)


async def test_messages_arrive_as_they_were_and_in_order() -> None:
    state, gateway = await pair()
    who = SignedIn(uuid4(), "alice", Proof.SECURITY_KEY, code_spared=True)
    wanted = Wanted("alice", "a", "r", session_id=uuid4(), token=Secret("once"))
    said = [
        Asked(1, Password("alice", Secret("päss"), "192.0.2.7")),
        Asked(2, Open(who, wanted, "::1")),
        Asked(3, Happened(uuid4(), list(EVENTS), "::1")),
    ]
    for message in said:
        gateway.send(message)
    assert [await state.receive() for _ in said] == said
    news = [Change(2, Now(NOW, "locked")), Drain(1.5), Answered(1, encoded([1]))]
    for change in news:
        state.send(change)
    assert [await gateway.receive() for _ in news] == news
    gateway.close()
    assert await state.receive() is None
    state.send(Drain(0))  # to nobody
    state.close()


async def test_a_grant_arrives_whole() -> None:
    grant = Grant(
        uuid4(), uuid4(), uuid4(), "alice", uuid4(), "web01", "shell", "192.0.2.1", 22, "alice-x", Secret("key"),
        b"certificate", None, NOW, record=True, notice=dt.timedelta(minutes=5), restrictions=(RESTRICTION,),
    )  # fmt: skip
    assert decoded(encoded(grant), Grant) == grant


@pytest.mark.parametrize("said", [b"\x00\x00\x00\x01\xc1", b"\x00\x00\x00\x01\x01", b"\xff\xff\xff\xff"])
async def test_what_is_no_message_is_refused(said: bytes) -> None:
    here, there = socket.socketpair()
    link: Link[FromGateway] = await Link.over(here, FromGateway)
    there.sendall(said)
    with pytest.raises(ValueError, match=r"message|Invalid|Expected|malformed|Malformed"):
        await link.receive()
    link.close()
    there.close()
