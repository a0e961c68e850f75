"""Signing in with the real `ssh`, and everything that is refused after it (SEC-03, SEC-13)."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncssh
import pytest
import sqlalchemy as sa

from locum.activities.channel_rules import ChannelRules
from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit.db import Database
from person_agent import agent_of
from several_gateways import IN_BOTH
from ssh_gateway import Client, Gate, People, connected, free_port

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


class Log:
    """What the audit log says was refused, when every connection is over."""

    def __init__(self, database: Database, gate: Gate) -> None:
        self._database = database
        self._gate = gate

    async def refused(self) -> list[dict[str, str]]:
        await self._gate.until_ended()
        statement = sa.select(audit_event.c.detail).where(audit_event.c.action == "connection.refused")
        details = await self._database.read(lambda tx: tx.scalars(statement.order_by(audit_event.c.id)))
        return [json.loads(detail) for detail in details]

    async def kinds(self) -> list[str]:
        return [row["kind"] for row in await self.refused()]


@pytest.fixture
def log(database: Database, gate: Gate) -> Log:
    return Log(database, gate)


@IN_BOTH
async def test_a_person_signs_in_with_password_and_code(client: Client, gate: Gate) -> None:
    answer = await client.run(HOST, "echo in")
    assert (answer.status, answer.out) == (0, b"in\n")
    questions = " ".join(client.questions())
    assert "Password: " in questions
    assert "Verification code: " in questions
    assert (gate.wanted[0].user, gate.wanted[0].activity, gate.wanted[0].resource) == (
        "alice",
        "Linux_shell",
        "web01",
    )


async def test_a_person_without_a_second_factor_signs_in_either_way(client: Client) -> None:
    for method in ("keyboard-interactive", "password"):
        user = "bob+Linux_shell+web01"
        answer = await client.run("-o", f"PreferredAuthentications={method}", HOST, "echo in", user=user)
        assert (answer.status, answer.out) == (0, b"in\n")
    assert len(client.questions()) == 2


async def test_a_link_asks_nothing_once(client: Client, gate: Gate) -> None:
    session, token = uuid4(), "a" * 43
    gate.links[token] = SignedIn(uuid4(), "alice")
    user = f"alice+Linux_shell+web01+~{session}.{token}"
    answer = await client.run(HOST, "echo in", user=user, password="wrong")
    assert (answer.status, answer.out) == (0, b"in\n")
    assert client.questions() == []
    assert (gate.wanted[0].session_id, gate.links) == (session, {})
    refused = await client.run(HOST, "echo in", user=user, password="wrong")
    assert (refused.status, refused.out) == (255, b"")
    assert "locum: this link was used before, or is more than a minute old: sign in" in refused.err
    answer = await client.run(HOST, "echo in", user=user)
    assert (answer.status, answer.out) == (0, b"in\n")
    assert "Verification code: " in " ".join(client.questions())


async def test_a_wrong_password_is_refused_with_a_reason(client: Client, gate: Gate) -> None:
    answer = await client.run("-o", "PreferredAuthentications=keyboard-interactive", HOST, "id", password="wrong")
    assert answer.status == 255
    assert "locum: the name or the password is wrong" in answer.err
    assert gate.wanted == []


async def test_an_unknown_name_is_refused_in_the_same_words(client: Client) -> None:
    only = ("-o", "PreferredAuthentications=keyboard-interactive")
    known = await client.run(*only, HOST, "id", password="wrong")
    unknown = await client.run(*only, HOST, "id", password="wrong", user="nobody+Linux_shell+web01")
    assert unknown.err.replace("nobody", "alice") == known.err


async def test_a_wrong_code_is_refused_with_a_reason(client: Client, gate: Gate) -> None:
    answer = await client.run("-o", "PreferredAuthentications=keyboard-interactive", HOST, "id", code="000000")
    assert answer.status == 255
    assert "locum: the code is wrong" in answer.err
    assert gate.wanted == []


@pytest.mark.parametrize(
    ("name", "words"), [("carol", "enrolled first"), ("dave", "changed first"), ("mallory", "locked")]
)
async def test_who_can_not_sign_in_here_is_told_why(client: Client, gate: Gate, name: str, words: str) -> None:
    answer = await client.run(HOST, "id", user=f"{name}+Linux_shell+web01")
    assert answer.status == 255
    assert words in answer.err
    assert gate.wanted == []


async def test_a_key_that_nobody_registered_is_no_proof(client: Client, people: People, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    client.use_keys(tmp_path / "key")
    answer = await client.run("-o", "PreferredAuthentications=publickey", HOST, "id")
    assert answer.status == 255
    assert people.seen == ["key alice"]


async def test_a_plain_user_name_is_refused_after_sign_in_and_shown_the_form(client: Client, gate: Gate) -> None:
    answer = await client.run(HOST, "id", user="alice")
    assert answer.status == 255
    assert "user+activity+resource" in answer.err
    assert "Verification code" in " ".join(client.questions())
    assert gate.wanted == []


@pytest.mark.parametrize("words", [("-s", HOST, "sftp"), ("-s", HOST, "netconf")])
async def test_no_subsystem(client: Client, log: Log, words: tuple[str, ...]) -> None:
    answer = await client.run(*words)
    assert answer.status == 255
    assert "not allowed by the connection profile" in answer.err
    ((asked),) = await log.refused()
    assert asked["asked"] == f"subsystem {words[-1]}"


@pytest.mark.parametrize("program", ["sftp", "scp"])
@pytest.mark.parametrize("old", [False, True])
async def test_no_file_transfer(client: Client, log: Log, tmp_path: Path, program: str, old: bool) -> None:
    if program == "sftp":
        words: tuple[str, ...] = (HOST,)
        if old:
            words = ("-s", "/usr/lib/openssh/sftp-server", HOST)
    else:
        words = (*(("-O",) if old else ()), "/etc/passwd", f"{HOST}:{tmp_path}/stolen")
    answer = await client.run(*words, program=program)
    assert answer.status != 0
    assert "locum: file transfer is not allowed" in answer.err
    assert not (tmp_path / "stolen").exists()
    assert await log.kinds() == ["file"]


async def test_no_transfer_in_a_terminal_either(client: Client, log: Log) -> None:
    answer = await client.run("-tt", HOST, "env X=1 /usr/bin/scp -f /etc/passwd")
    assert answer.status == 255
    assert "root:" not in answer.out.decode()
    assert len(await log.refused()) == 1


async def test_no_local_forward(client: Client, log: Log) -> None:
    """`-W` shows what `-L` and `-D` ask for: a direct-tcpip channel."""
    answer = await client.run("-W", f"{HOST}:22", HOST)
    assert answer.status == 255
    assert "administratively prohibited: port forwarding is not allowed" in answer.err
    assert await log.refused() == [{"kind": "local-forward", "asked": "direct-tcpip 127.0.0.1:22"}]


@pytest.mark.parametrize("option", ["-L", "-D"])
async def test_no_tunnel_through_a_listening_client(client: Client, log: Log, option: str) -> None:
    port = free_port()
    asked = f"{port}:{HOST}:{client.port}" if option == "-L" else str(port)
    process = await client.start(option, asked, HOST, "echo up; sleep 0.7")
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    with socket.create_connection((HOST, port), 5) as tunnel:
        tunnel.setblocking(False)
        if option == "-D":
            tunnel.send(b"\x05\x01\x00")
            tunnel.send(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + client.port.to_bytes(2, "big"))
        tunnel.send(b"SSH-2.0-x\r\n")
        _, err = await process.communicate()
    assert b"port forwarding is not allowed" in err
    assert await log.kinds() == ["local-forward"]


async def test_no_remote_forward(client: Client, log: Log) -> None:
    answer = await client.run("-R", "0:127.0.0.1:22", HOST, "sleep 0.5; echo up")
    assert (answer.status, answer.out) == (0, b"up\n")
    assert "locum: remote port forwarding is not allowed" in answer.err
    assert await log.kinds() == ["remote-forward"]


async def test_no_forward_of_sockets_by_path(client: Client, log: Log, tmp_path: Path) -> None:
    answer = await client.run("-R", f"{tmp_path}/there:{tmp_path}/here", HOST, "echo up")
    assert "remote port forwarding is not allowed" in answer.err
    async with connected(client) as connection:
        with pytest.raises(asyncssh.ChannelOpenError, match="port forwarding is not allowed"):
            await connection.open_unix_connection("/run/docker.sock")
    assert set(await log.kinds()) == {"remote-forward", "local-forward"}


async def test_no_agent(client: Client, log: Log, tmp_path: Path) -> None:
    with agent_of(client, tmp_path):
        answer = await client.run("-A", HOST, "echo agent=$SSH_AUTH_SOCK")
    assert answer.out == b"agent=\n"
    assert "locum: agent forwarding is not allowed" in answer.err
    assert await log.kinds() == ["agent"]


async def test_no_x11(client: Client, log: Log) -> None:
    async with connected(client) as connection:
        answer = await connection.run("echo display=$DISPLAY", x11_forwarding=True, x11_display="127.0.0.1:0")
    assert answer.stdout == "display=\n"
    assert answer.stderr == "locum: X11 forwarding is not allowed by the connection profile\r\n"
    assert await log.kinds() == ["x11"]


async def test_no_tunnel_device(client: Client, log: Log) -> None:
    async with connected(client) as connection:
        with pytest.raises(asyncssh.ChannelOpenError, match="tunnels are not allowed"):
            await connection.create_tun(lambda: asyncssh.SSHTunTapSession())
        with pytest.raises(asyncssh.ChannelOpenError, match="tunnels are not allowed"):
            await connection.create_tap(lambda: asyncssh.SSHTunTapSession())
    assert await log.kinds() == ["tunnel", "tunnel"]


async def test_an_unknown_channel_is_refused_and_the_connection_goes_on(client: Client, log: Log) -> None:
    async with connected(client) as connection:
        channel = connection.create_tcp_channel()
        with pytest.raises(asyncssh.ChannelOpenError, match="not supported"):
            await channel._open(b"auth-agent@example.com")
        answer = await connection.run("echo still here")
    assert answer.stdout == "still here\n"
    assert await log.kinds() == ["unknown"]


async def test_an_unknown_request_is_refused_and_the_connection_goes_on(client: Client) -> None:
    async with connected(client) as connection:
        assert (await connection._make_global_request(b"no-such-request@example.com"))[
            0
        ] == asyncssh.constants.MSG_REQUEST_FAILURE
        assert (await connection.run("echo still here")).stdout == "still here\n"


async def test_a_flood_of_refusals_fills_no_log(client: Client, log: Log) -> None:
    async with connected(client) as connection:
        for port in range(60):
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", port)
        await connection.run("true")
    assert len(await log.refused()) == 20


# SEC-13: each kind of channel, and the switches of a profile that let it pass. No other switch does.
PASSES: dict[str, tuple[set[str], ...]] = {
    "shell": ({"shell"},),
    "command": ({"command"},),
    "sftp lists": ({"download"}, {"upload"}),
    "sftp reads": ({"download"},),
    "sftp writes": ({"upload"},),
    "scp -f": ({"download"},),
    "scp -t": ({"upload"},),
    "rsync to": ({"upload", "command"},),
    "rsync from": ({"download", "command"},),
    "sftp-server": (),
    "scp in a shell": (),
    "subsystem": (),
    "forward": ({"destinations"},),
    "forward elsewhere": (),
    "forward to sshd": (),
    "socket": (),
    "remote": ({"listen"},),
    "remote elsewhere": (),
    "remote socket": (),
    "agent": ({"agent", "command"},),
    "x11": ({"x11", "command"},),
    "tun": (),
}
EVERY = "shell+command+upload+download+destinations+listen+agent+x11"
RULE_SETS: list[dict[str, Any]] = [
    {},
    *({name: True} for name in ("shell", "command", "upload", "download")),
    {"destinations": True},
    {"upload": True, "command": True},
    {"download": True, "command": True},
    *({"command": True, name: True} for name in ("agent", "x11", "listen")),
    dict.fromkeys(EVERY.split("+"), True),
]


async def attempt(
    kind: str, connection: asyncssh.SSHClientConnection, gate: Gate, home: Path, open_port: int
) -> bool:
    """Whether it passes, seen by what comes of it."""
    run = partial(connection.run, encoding=None, timeout=10)
    commands = {"command": "echo ran", "scp -f": f"scp -f {home}/theirs", "scp -t": f"scp -t {home}/new",
                "rsync to": f"rsync --server -e.LsfxCIvu . {home}/", "sftp-server": "/usr/lib/openssh/sftp-server",
                "rsync from": f"rsync --server --sender -e.LsfxCIvu . {home}/", "scp in a shell": "sh -c 'scp -t x'",
                }  # fmt: skip
    if kind in commands:
        answer = await run(commands[kind], input=b"\0")
        return b"locum: " not in bytes(answer.stderr or b"")
    if kind == "shell":
        return b"ran" in bytes((await run(None, input=b"echo ran\n")).stdout or b"")
    if kind == "subsystem":
        return b"locum: " not in bytes((await run(subsystem="netconf")).stderr or b"")
    if kind.startswith("sftp "):
        session = await connection.start_sftp_client()
        if kind == "sftp lists":
            return "theirs" in await session.listdir(str(home))
        async with session.open(f"{home}/theirs", "rb" if kind == "sftp reads" else "ab") as file:
            return bool(await file.read() if kind == "sftp reads" else await file.write(b"theirs"))
    if kind.startswith("forward"):
        port = {"forward": open_port, "forward to sshd": gate.grant.port}.get(kind, open_port + 1)
        reader, _ = await connection.open_connection(HOST, port)
        return bool(await asyncio.wait_for(reader.read(2), 5))
    if kind == "socket":
        return bool(await connection.open_unix_connection("/run/docker.sock"))
    if kind == "remote":
        return bool(await connection.forward_remote_port("localhost", 0, HOST, 1))
    if kind == "remote elsewhere":
        return bool(await connection.forward_remote_port("", 0, HOST, 1))
    if kind == "remote socket":
        return bool(await connection.forward_remote_path(str(home / "socket"), "/x"))
    if kind == "tun":
        return bool(await connection.create_tun(lambda: asyncssh.SSHTunTapSession()))
    if kind == "x11":
        answer = await run("echo display=$DISPLAY", x11_forwarding=True, x11_display="127.0.0.1:0")
        return b"display=localhost" in bytes(answer.stdout or b"")
    assert kind == "agent"
    connection._agent_forward_path = "/agent"  # so it is asked for from here on
    return b"agent=/" in bytes((await run("echo agent=$SSH_AUTH_SOCK")).stdout or b"")


EVERY_TIME = ("nothing", "upload+command", EVERY)
"""The sets that `make test` tries; `make test-full` tries all."""


def _rule_set(switches: dict[str, Any]) -> Any:
    name = "+".join(switches) or "nothing"
    return pytest.param(switches, id=name, marks=() if name in EVERY_TIME else pytest.mark.full)


@pytest.mark.parametrize("switches", [_rule_set(one) for one in RULE_SETS])
async def test_each_kind_of_channel_needs_its_switch(
    client: Client, gate: Gate, tmp_path: Path, switches: dict[str, Any]
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hi")
        writer.close()

    (tmp_path / "theirs").write_text("theirs")
    service = await asyncio.start_server(greet, HOST, 0)
    port = service.sockets[0].getsockname()[1]
    rules = {"shell": False, "command": False, **switches}
    if "destinations" in rules:
        rules["destinations"] = (f"{HOST}:{port}", f"*:{gate.grant.port}")
    if "listen" in rules:
        rules["listen"] = ("localhost:*",)
    gate.grant = replace(gate.grant, channels=ChannelRules(**rules))
    passed = {}
    async with connected(client) as connection:
        for kind in PASSES:
            try:
                passed[kind] = await attempt(kind, connection, gate, tmp_path, port)
            except (asyncssh.Error, asyncssh.ChannelListenError, TimeoutError, OSError):
                passed[kind] = False
    service.close()
    assert passed == {kind: any(needed <= switches.keys() for needed in ways) for kind, ways in PASSES.items()}
