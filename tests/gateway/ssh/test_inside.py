"""A client inside of the gateway's own process, with a real sshd as its target."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.gateway import SshGateway
from locum.gateway.ssh.inside import Entering, Inside
from locum.identities.signin import SignedIn
from locum.kit.errors import Forbidden, NotFound
from locum.sessions.connections import Wanted
from several_gateways import IN_ONE
from ssh_gateway import Gate, Tape

pytestmark = pytest.mark.anyio

ALICE = SignedIn(UUID(int=5), "alice")
WANTED = Wanted("alice", "", "", session_id=UUID(int=7))


async def entered(gateway: SshGateway) -> Inside:
    inside = await gateway.enter(Entering(ALICE, WANTED, "192.0.2.7"))
    await inside.start((100, 30))
    await inside.ready()
    return inside


async def until(inside: Inside, words: bytes) -> bytes:
    seen = b""
    async with asyncio.timeout(20):
        while words not in seen:
            part = await inside.read()
            assert part, seen
            seen += part
    return seen


@IN_ONE
async def test_a_shell_is_recorded_and_ends_with_its_reason(gateway: SshGateway, gate: Gate, tape: Tape) -> None:
    inside = await entered(gateway)
    await inside.write(b"stty size; echo he''llo\n")
    assert b"30 100" in await until(inside, b"hello")
    inside.resize((80, 24))
    await inside.write(b"stty size\n")
    await until(inside, b"24 80")
    assert gate.wanted == [WANTED]
    gate.closers[-1]("ended by its user")
    seen = await until(inside, b"locum: your session ended: ended by its user")
    assert seen
    assert inside.ended == "your session ended: ended by its user"
    await inside.close()
    assert await gate.until_ended() == "your session ended: ended by its user"
    assert b"hello" in tape.bytes(gate.grants[0].connection_id, "o")


@IN_ONE
async def test_files_go_by_the_profile(gateway: SshGateway, gate: Gate, tmp_path: Path) -> None:
    inside = await entered(gateway)
    with pytest.raises(Forbidden, match="file transfer is not allowed"):
        async with inside.files():
            pass
    await inside.close()
    gate.grant = replace(gate.grant, channels=ChannelRules(download=True))
    inside = await entered(gateway)
    (tmp_path / "a").write_bytes(b"content")
    async with inside.files() as sftp, sftp.open(str(tmp_path / "a"), "rb") as file:
        assert await file.read() == b"content"
    with pytest.raises(NotFound):
        async with inside.files() as sftp:
            await sftp.stat(str(tmp_path / "b"))
    with pytest.raises(Forbidden, match="uploading files is not allowed"):
        async with inside.files() as sftp, sftp.open(str(tmp_path / "c"), "wb"):
            pass
    assert not (tmp_path / "c").exists()
    await inside.close()
    await gate.until_ended()
    assert [(action, detail["bytes"]) for action, detail in gate.events] == [("connection.file", 7)]
