"""What a connection profile lets through besides a shell works on a real host, with an account made for the session."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from demo.installation import ADMIN, USER, Demo
from demo.story import ACTIVITY, RESOURCE, Story

from demo import hosts
from person_agent import agent_of
from person_display import COOKIE, DRAW, display_of
from ssh_gateway import Client, free_port

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
SSHD = b"SSH-2.0-OpenSSH"


def sshd_of(demo: Demo) -> str:
    """Where the target's own sshd listens."""
    return next(one.address for one in hosts.status(demo.path / "hosts") if one.name == RESOURCE)


@pytest.fixture
def person(demo: Demo, tmp_path: Path) -> Client:
    """Alice's `ssh`, in a profile that lets connections through."""
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    (default,) = admin.call("GET", "/api/v1/ConnectionProfile")
    rules = {"destinations": [f"{sshd_of(demo)}:22"], "listen": ["localhost:*"], "agent": True, "x11": True}
    admin.call("PUT", f"/api/locum/v1/ConnectionProfile/{default['id']}/ChannelRules", rules)
    port = int(demo.ssh.rsplit(":", 1)[1])
    host_key = " ".join((demo.data / "public" / "ssh_host_key.pub").read_text().split()[:2])
    return Client(tmp_path, port, host_key)


@pytest.fixture
async def display(person: Client) -> AsyncIterator[list[bytes]]:
    """What the person's display was sent."""
    async with display_of(person) as began:
        yield began


@pytest.fixture
def agent(tmp_path: Path, person: Client) -> Iterator[str]:
    """The public key in the person's agent."""
    with agent_of(person, tmp_path) as key:
        yield key


async def test_connections_pass_both_ways_and_the_agent_and_the_display_are_there(
    demo: Demo, person: Client, agent: str, display: list[bytes]
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello from the person\n")
        writer.close()

    service = await asyncio.start_server(greet, HOST, 0)
    beside, near, socks = service.sockets[0].getsockname()[1], free_port(), free_port()
    sshd = sshd_of(demo)
    ssh = await person.start(
        *("-A", "-Y", "-L", f"{near}:{sshd}:22", "-D", str(socks), "-R", f"0:{HOST}:{beside}", HOST, "bash"),
        user=f"{USER}+{ACTIVITY}+{RESOURCE}",
        password=demo.user_password,
        code=Story(demo, print)._codes.next(),
        stdin=asyncio.subprocess.PIPE,
    )
    assert ssh.stdin is not None
    assert ssh.stdout is not None
    assert ssh.stderr is not None
    ssh.stdin.write(b"echo up; ssh-add -L\n")
    async with asyncio.timeout(60):
        assert await ssh.stdout.readline() == b"up\n", await ssh.stderr.read()
        assert (await ssh.stdout.readline()).decode() == agent

        ssh.stdin.write(f"python3 -c '{DRAW}'\n".encode())
        assert await ssh.stdout.readline() == b"drawn\n"
        assert display[0].endswith(COOKIE)

        reader, writer = await asyncio.open_connection(HOST, near)
        assert (await reader.readline()).startswith(SSHD)
        writer.close()

        reader, writer = await asyncio.open_connection(HOST, socks)
        writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x01" + socket.inet_aton(sshd) + b"\x00\x16")
        assert await reader.readexactly(2 + 10)
        assert (await reader.readline()).startswith(SSHD)
        writer.close()

        while b"Allocated port" not in (line := await ssh.stderr.readline()):
            assert line
        there = int(line.split()[2])
        ssh.stdin.write(f"exec 3<>/dev/tcp/{HOST}/{there}; cat <&3\n".encode())
        assert await ssh.stdout.readline() == b"hello from the person\n"
        ssh.stdin.close()
        await ssh.wait()
    service.close()
