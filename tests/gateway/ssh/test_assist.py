"""Somebody who types in another person's terminal, on a real sshd."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from locum.activities.command_rules import CommandAction, CommandRule, Restriction
from locum.gateway.ssh.assist import Assistant, Typists
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.errors import Conflict
from locum.main.gateway_assist import FarAssistant
from locum.sessions.connections import Now
from several_gateways import IN_ONE, Several
from ssh_gateway import Client, Gate, Tape
from ssh_terminal import Terminal, open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


async def assist(
    gateway: SshGateway | Several, connection_id: UUID, name: str = "bob"
) -> Assistant | FarAssistant:
    """Through whatever carries the connection."""
    if isinstance(gateway, SshGateway):
        return gateway.assist(connection_id, name)
    found = await gateway.assist(connection_id, name)
    assert found is not None
    return found


async def entered(terminal: Terminal, gate: Gate) -> UUID:
    """The id of the connection, once something runs in it."""
    terminal.send(b"echo up-$((20+3))\r")
    await terminal.expect(rb"up-23")
    return gate.grants[-1].connection_id


async def test_both_type_and_the_recording_says_who(
    gateway: SshGateway | Several, client: Client, gate: Gate, tape: Tape
) -> None:
    async with open_terminal(client, HOST) as terminal:
        connection_id = await entered(terminal, gate)
        assistant = await assist(gateway, connection_id)
        await terminal.expect(rb"locum: bob assists you now")
        with pytest.raises(Conflict, match="bob assists there already"):
            await assist(gateway, connection_id, "carol")
        assistant.type(b"echo his-$((20+3))\n")
        await terminal.expect(rb"his-23")
        terminal.send(b"echo hers-$((20+3))\n")
        await terminal.expect(rb"hers-23")
        assistant.take_over(True)
        await terminal.expect(rb"bob has taken over")
        terminal.send(b"echo lo''st\n")
        assistant.type(b"echo alone-$((20+3))\n")
        await terminal.expect(rb"alone-23")
        assistant.take_over(False)
        await terminal.expect(rb"you type again")
        assistant.leave()
        await terminal.expect(rb"bob assists you no more")
        assistant = await assist(gateway, connection_id)
        terminal.send(b"echo back-$((20+3)); exit\n")
        await terminal.expect(rb"back-23")
        await asyncio.wait_for(assistant.until_over(), 20)
        assistant.leave()
        await terminal.closed()
    await gate.until_ended()
    assert b"lost" not in tape.bytes(connection_id, "o")
    marks = tape.bytes(connection_id, "m").decode()
    assert marks.index("typed by bob") < marks.index("typed by the person") < marks.index("bob has taken over")


async def test_what_holds_for_the_person_holds_for_the_assistant(
    gateway: SshGateway | Several, client: Client, gate: Gate, tape: Tape
) -> None:
    """A command that must not run does not, and nothing passes a lock."""
    rule = CommandRule("^touch ", CommandAction.BLOCK, "ask first", False)
    gate.grant = replace(gate.grant, restrictions=(Restriction(uuid4(), "house", None, (rule,)),))
    async with open_terminal(client, HOST) as terminal:
        connection_id = await entered(terminal, gate)
        assistant = await assist(gateway, connection_id)
        assistant.type(b"touch /nowhere/at/all\r")
        await terminal.expect(rb"ask first")
        gate.changers[-1](Now(gate.grant.deadline, "wait"))
        await terminal.expect(rb"locum: your session is locked")
        assistant.type(b"echo thr''ough\r")
        gate.changers[-1](Now(gate.grant.deadline))
        await terminal.expect(rb"locum: your session is unlocked")
        assistant.leave()
        terminal.send(b"echo done-$((20+3))\r")
        await terminal.expect(rb"done-23")
        gate.changers[-1](Now(gate.grant.deadline, "wait"))
        await terminal.expect(rb"locum: your session is locked")
        with pytest.raises(Conflict, match="locked"):
            await assist(gateway, connection_id)
    await gate.until_ended()
    assert b"through" not in tape.bytes(connection_id, "o")


@IN_ONE
async def test_nobody_assists_where_nobody_is(gateway: SshGateway) -> None:
    with pytest.raises(Conflict, match="has just ended"):
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
