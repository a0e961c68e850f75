"""Somebody who types in another person's terminal, on a real sshd."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from locum.activities.command_rules import CommandAction, CommandRule, Restriction
from locum.gateway.ssh.assist import Typists
from locum.gateway.ssh.gateway import SshGateway
from locum.gateway.ssh.inside import Entering, Inside
from locum.identities.signin import SignedIn
from locum.kit.errors import Conflict
from locum.sessions.connections import Now, Wanted
from ssh_gateway import Gate, Tape

pytestmark = pytest.mark.anyio
WANTED = Wanted("alice", "", "", session_id=UUID(int=7))


async def entered(gateway: SshGateway) -> Inside:
    inside = await gateway.enter(Entering(SignedIn(UUID(int=5), "alice"), WANTED, "192.0.2.7"))
    await inside.start((100, 30))
    await until(inside, "$ ")
    return inside


async def until(inside: Inside, words: str) -> bytes:
    seen = b""
    async with asyncio.timeout(20):
        while words.encode() not in seen:
            part = await inside.read()
            assert part, seen
            seen += part
    return seen


async def test_both_type_and_the_recording_says_who(gateway: SshGateway, gate: Gate, tape: Tape) -> None:
    inside = await entered(gateway)
    connection_id = gate.grants[0].connection_id
    assistant = gateway.assist(connection_id, "bob")
    await until(inside, "locum: bob assists you now")
    with pytest.raises(Conflict, match="bob assists there already"):
        gateway.assist(connection_id, "carol")
    assistant.type(b"echo his-$((20+3))\n")
    await until(inside, "his-23")
    await inside.write(b"echo hers-$((20+3))\n")
    await until(inside, "hers-23")
    assistant.take_over(True)
    await until(inside, "bob has taken over")
    await inside.write(b"echo lo''st\n")
    assistant.take_over(False)
    await until(inside, "you type again")
    await inside.write(b"echo back-$((20+3)); exit\n")
    assert b"lost" not in await until(inside, "back-23")
    await asyncio.wait_for(assistant.until_over(), 20)
    assistant.leave()
    await inside.close()
    await gate.until_ended()
    marks = tape.bytes(connection_id, "m").decode()
    assert marks.index("typed by bob") < marks.index("typed by the person") < marks.index("bob has taken over")


async def test_what_holds_for_the_person_holds_for_the_assistant(gateway: SshGateway, gate: Gate) -> None:
    """A command that must not run does not, and nothing passes a lock."""
    rule = CommandRule("^touch ", CommandAction.BLOCK, "ask first", False)
    gate.grant = replace(gate.grant, restrictions=(Restriction(uuid4(), "house", None, (rule,)),))
    inside = await entered(gateway)
    connection_id = gate.grants[0].connection_id
    assistant = gateway.assist(connection_id, "bob")
    assistant.type(b"touch /nowhere/at/all\r")
    await until(inside, "ask first")
    gate.changers[-1](Now(gate.grant.deadline, "wait"))
    await until(inside, "locum: your session is locked")
    assistant.type(b"echo thr''ough\r")
    gate.changers[-1](Now(gate.grant.deadline))
    await until(inside, "locum: your session is unlocked")
    assistant.leave()
    await inside.write(b"echo done-$((20+3))\r")
    assert b"through" not in await until(inside, "done-23")
    gate.changers[-1](Now(gate.grant.deadline, "wait"))
    with pytest.raises(Conflict, match="locked"):
        gateway.assist(connection_id, "bob")
    await inside.close()


async def test_nobody_assists_where_nobody_is(gateway: SshGateway) -> None:
    with pytest.raises(Conflict, match="another process"):
        gateway.assist(uuid4(), "bob")


def test_a_terminal_that_is_left_is_the_persons_again() -> None:
    marks: list[str] = []
    typists = Typists(marks.append)
    typists.assistant = "bob"
    typists.take(True)
    assert not typists.lets_person()
    typists.leave()
    assert typists.lets_person()
    assert marks == []
