"""Dialling a target: only with a grant, only where the host key is the trusted one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from locum.gateway.ssh import upstream
from locum.gateway.ssh.transport import TargetConnection
from locum.gateway.ssh.upstream import dial
from locum.kit.errors import Conflict, Forbidden, NotAvailable
from locum.sessions.connections import Grant
from locum.vault.secret import Secret
from ssh_gateway import OLD, Client, Gate, Sshd, connected, free_port, running_sshd

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def ignore(error: Exception | None) -> None:
    """Nobody wants to know."""


async def dialled(gate: Gate, grant: Grant | None = None) -> TargetConnection:
    return await dial(grant or gate.grant, pin=gate.pin_host_key, on_lost=ignore)


async def test_signs_in_and_runs_something(gate: Gate, sshd: Sshd) -> None:
    lost: list[Exception | None] = []
    target = await dial(gate.grant, pin=gate.pin_host_key, on_lost=lost.append)
    assert (await target.run("id -un")).stdout == sshd.user + "\n"
    assert target.get_extra_info("send_cipher") == "aes128-gcm@openssh.com"
    assert gate.pinned == []
    target.abort()
    await target.wait_closed()
    assert lost == [None]


async def test_the_first_key_is_shown_to_the_gate_before_anything_is_said(gate: Gate, sshd: Sshd) -> None:
    target = await dialled(gate, replace(gate.grant, trusted_host_key=None))
    target.abort()
    key = asyncssh.import_public_key(sshd.host_key)
    assert gate.pinned == [(sshd.host_key, key.get_fingerprint())]


async def test_a_first_key_that_the_gate_refuses_ends_it_before_sign_in(gate: Gate, sshd: Sshd) -> None:
    gate.pin_refusal = Forbidden("the target's host key is not trusted yet")
    signed_in = sshd.log.read_text().count("Accepted publickey")
    with pytest.raises(Forbidden, match="not trusted yet"):
        await dialled(gate, replace(gate.grant, trusted_host_key=None))
    assert sshd.log.read_text().count("Accepted publickey") == signed_in


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_another_host_key_is_refused(gate: Gate, sshd: Sshd, algorithm: str) -> None:
    other = asyncssh.generate_private_key(algorithm).export_public_key("openssh").decode()
    tried = sshd.log.read_text().count("Postponed publickey")
    with pytest.raises(Forbidden, match=r"host key of web01 .* is not the one that is trusted"):
        await dialled(gate, replace(gate.grant, trusted_host_key=other))
    assert sshd.log.read_text().count("Postponed publickey") == tried


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_another_host_key_is_let_in_where_the_gate_lets_it(gate: Gate, sshd: Sshd, algorithm: str) -> None:
    other = asyncssh.generate_private_key(algorithm).export_public_key("openssh").decode()
    grant = replace(gate.grant, trusted_host_key=other, any_host_key=True)
    target = await dialled(gate, grant)
    assert (await target.run("id -un")).stdout == sshd.user + "\n"
    target.abort()
    assert [key for key, _ in gate.pinned] == [sshd.host_key]
    gate.pin_refusal = Forbidden("the target's host key is not the trusted one")
    with pytest.raises(Forbidden, match="not the trusted one"):
        await dialled(gate, grant)


async def test_a_login_that_is_refused(gate: Gate) -> None:
    stranger = Secret(new_key().export_private_key("openssh"))
    with pytest.raises(Conflict, match=r"web01 .* refused the login"):
        await dialled(gate, replace(gate.grant, private_key=stranger))


async def test_a_key_that_is_none(gate: Gate) -> None:
    with pytest.raises(Conflict, match="can't be read"):
        await dialled(gate, replace(gate.grant, private_key=Secret("no key")))


async def test_a_target_that_is_down(gate: Gate) -> None:
    with pytest.raises(
        NotAvailable, match=r"web01 \(127\.0\.0\.1 port \d+\) can't be reached: Connection refused"
    ):
        await dialled(gate, replace(gate.grant, port=free_port()))


async def test_a_name_that_is_none(gate: Gate) -> None:
    with pytest.raises(NotAvailable, match="can't be reached"):
        await dialled(gate, replace(gate.grant, host="no-such-host.invalid"))


async def test_nothing_of_the_account_locum_runs_under_is_used(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sshd: Sshd
) -> None:
    """Neither its configuration, nor its keys, nor its known hosts, nor its agent."""
    home = tmp_path / ".ssh"
    home.mkdir()
    (home / "config").write_text("Host *\n  Port 1\n  User nobody\n  ProxyCommand false\n")
    (home / "id_ed25519").write_text(sshd.private_key)
    (home / "id_ed25519").chmod(0o600)
    (home / "known_hosts").write_text(f"* {new_key().export_public_key('openssh').decode()}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "no-agent"))
    target = await dialled(gate)
    target.abort()
    stranger = Secret(new_key().export_private_key("openssh"))
    with pytest.raises(Conflict):
        await dialled(gate, replace(gate.grant, private_key=stranger))


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None] | object"]


class Hostile:
    """A TCP server that says what the test wants."""

    def __init__(self) -> None:
        self.port = 0
        self.script: list[bytes] = []
        self.forever = b""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for part in self.script:
                writer.write(part)
                await writer.drain()
            while self.forever:
                writer.write(self.forever)
                await writer.drain()
            await reader.read()
        except ConnectionError:
            pass  # that is what it deserves
        finally:
            writer.close()


@pytest.fixture
async def hostile(gate: Gate) -> AsyncIterator[Hostile]:
    server = Hostile()
    listener = await asyncio.start_server(server.talk, HOST, 0)
    server.port = listener.sockets[0].getsockname()[1]
    gate.grant = replace(gate.grant, port=server.port)
    yield server
    listener.close()


@pytest.mark.parametrize(
    ("script", "forever"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], b""),
        ([b"SSH-2.0-" + b"x" * 1000 + b"\r\n"], b""),
        ([], b"welcome to the machine\r\n"),
        ([], b"x" * 65536),
        ([b"SSH-2.0-x\r\n"], b"\xff" * 65536),
        ([b"SSH-2.0-x\r\n"], b"\x00\x00\x00\x0c\x0a\x02\x00\x00\x00\x00" + b"\x00" * 6),
        ([b"SSH-2.0-x\r\n", os.urandom(100_000)], b""),
        ([b"SSH-2.0-x\r\n", b"\x00\x00\x00\x14\x06\x14" + b"\x00" * 18], b""),
    ],
)
async def test_a_hostile_target_costs_its_own_session_only(
    gate: Gate,
    hostile: Hostile,
    client: Client,
    sshd: Sshd,
    monkeypatch: pytest.MonkeyPatch,
    script: list[bytes],
    forever: bytes,
) -> None:
    """SEC-23: the person is told, and another session goes on meanwhile."""
    monkeypatch.setattr(upstream, "TIMEOUT_S", 1.0)
    hostile.script, hostile.forever = script, forever
    gate.grant = replace(gate.grant, port=sshd.port)
    async with connected(client) as bystander:
        await bystander.run("true")
        gate.grant = replace(gate.grant, port=hostile.port)
        answer = await client.run(HOST, "id", user="bob+Linux_shell+web01")
        assert answer.status == 255
        assert "locum: web01" in answer.err or "host key" in answer.err
        assert (await bystander.run("echo well")).stdout == "well\n"


async def test_a_target_that_says_nothing_is_given_up(
    gate: Gate, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "TIMEOUT_S", 0.3)
    with pytest.raises(NotAvailable, match="did not answer within 0 seconds"):
        await dialled(gate)


@pytest.mark.parametrize(
    ("kex", "cipher"),
    [
        ("diffie-hellman-group1-sha1", "3des-cbc"),
        ("diffie-hellman-group14-sha1", "aes128-cbc"),
        ("diffie-hellman-group-exchange-sha1", "aes256-cbc"),
    ],
)
async def test_an_old_server_is_spoken_to_only_where_its_resource_says_so(
    client: Client, gate: Gate, tmp_path: Path, kex: str, cipher: str
) -> None:
    with running_sshd(tmp_path, host_key="rsa", more=OLD.format(kex=kex, cipher=cipher)) as old:
        never = replace(
            gate.grant, port=old.port, private_key=Secret(old.private_key), trusted_host_key=old.host_key
        )
        for trusted in (old.host_key, None):
            for _ in range(10):  # whichever side sees first that they have nothing in common ends it
                with pytest.raises(Conflict, match="no way to speak to web01"):
                    await dialled(gate, replace(never, trusted_host_key=trusted))
            target = await dialled(gate, replace(never, trusted_host_key=trusted, legacy=True))
            assert target.get_extra_info("send_cipher") == cipher
            target.abort()
        gate.grant = replace(never, legacy=True)
        answer = await client.run(HOST, "wc -c", stdin=bytes(300_000))
        assert answer.out == b"300000\n", answer.err


async def test_a_server_that_knows_better_gets_that(gate: Gate, sshd: Sshd) -> None:
    target = await dialled(gate, replace(gate.grant, legacy=True))
    assert target.get_extra_info("send_cipher") == "aes128-gcm@openssh.com"
    target.abort()
