"""Both ends of an assistant in a gateway process. What they type: tests/gateway/ssh/test_assist.py."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncssh
import pytest

from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.errors import Conflict
from locum.main import gateway_link as say
from locum.main.gateway_assist import Assistants, FarAssistants
from locum.main.gateway_link import FromGateway, Link, ToGateway
from locum.vault.secret import Secret
from ssh_gateway import People

pytestmark = pytest.mark.anyio
CONNECTION = uuid4()


@dataclass
class Ends:
    """`far` is the state's end; the test is the gateway process at the end of `process`."""

    far: FarAssistants
    process: Link[ToGateway]
    hearing: asyncio.Task[None]

    async def asked(self) -> ToGateway:
        """What the process is told next."""
        async with asyncio.timeout(5):
            message = await self.process.receive()
        assert message is not None
        return message


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    here, there = socket.socketpair()
    state: Link[FromGateway] = await Link.over(here, FromGateway)
    process: Link[ToGateway] = await Link.over(there, ToGateway)
    far = FarAssistants(state)

    async def hear() -> None:
        while isinstance(message := await state.receive(), say.Assisting | say.AssistOver):
            far.heard(message)

    yield Ends(far, process, hearing := asyncio.create_task(hear()))
    process.close()
    await hearing


async def test_what_the_assistant_does_is_told_to_the_process_in_order(ends: Ends) -> None:
    assisting = asyncio.create_task(ends.far.assist(CONNECTION, "bob"))
    assert await ends.asked() == say.Assist(1, CONNECTION, "bob")
    ends.process.send(say.AssistOver(7, "of somebody else"))
    ends.process.send(say.Assisting(1))
    assistant = await assisting
    assistant.type(b"ls\r")
    assistant.take_over(True)
    assistant.leave()
    assert [await ends.asked() for _ in range(3)] == [
        say.Typed(1, b"ls\r"),
        say.TakeOver(1, True),
        say.AssistEnd(1),
    ]
    ends.process.send(say.AssistOver(1, "the assistant has left"))
    await asyncio.wait_for(assistant.until_over(), 5)


async def test_a_refusal_of_the_process_is_one_here(ends: Ends) -> None:
    assisting = asyncio.create_task(ends.far.assist(CONNECTION, "bob"))
    await ends.asked()
    ends.process.send(say.AssistOver(1, "carol assists there already"))
    with pytest.raises(Conflict, match="carol assists there already"):
        await assisting


async def test_whoever_waits_no_longer_does_not_assist(ends: Ends) -> None:
    assisting = asyncio.create_task(ends.far.assist(CONNECTION, "bob"))
    await ends.asked()
    assisting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await assisting
    assert await ends.asked() == say.AssistEnd(1)
    ends.process.send(say.Assisting(1))
    ends.process.send(say.AssistOver(1, "the assistant has left"))


async def test_a_process_that_is_lost_ends_all_who_assist_there(ends: Ends) -> None:
    begun, waiting = (asyncio.create_task(ends.far.assist(CONNECTION, name)) for name in ("bob", "carol"))
    await ends.asked()
    ends.process.send(say.Assisting(1))
    assistant = await begun
    ends.far.lost()
    await asyncio.wait_for(assistant.until_over(), 5)
    with pytest.raises(Conflict, match="was lost"):
        await waiting


async def test_the_process_says_why_not_and_heeds_nobody_who_is_gone() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh")
    rooms = Rooms(None, None)  # type: ignore[arg-type] # nobody connects
    gateway = SshGateway(rooms, People(), host_key=Secret(key), host="127.0.0.1", port=0)
    here, there = socket.socketpair()
    state: Link[FromGateway] = await Link.over(here, FromGateway)
    assistants = Assistants(gateway, await Link.over(there, ToGateway))
    for message in (
        say.Assist(1, UUID(int=1), "bob"), say.Typed(1, b"x"), say.TakeOver(1, True), say.AssistEnd(1),
        say.Assist(2, UUID(int=2), "bob"),
    ):  # fmt: skip
        assistants.heard(message)
    for number in (1, 2):
        assert await state.receive() == say.AssistOver(number, "this connection has just ended")
    state.close()
