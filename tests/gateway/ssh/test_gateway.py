"""The listener: starting, stopping, many at once, and the clients that people have."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import asyncssh
import paramiko
import pytest

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.errors import StartError
from locum.recordings.space import Space
from locum.recordings.writer import Recorder
from locum.vault.secret import Secret
from several_gateways import IN_ONE
from ssh_gateway import PASSWORD, Client, Gate, People, Sshd, Tape, connected, free_port
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
BOB = "bob+Linux_shell+web01"
FILES = ChannelRules(upload=True, download=True)


@pytest.fixture
def rooms(gate: Gate, recorder: Recorder) -> Rooms:
    return Rooms(gate, recorder)


def host_key() -> Secret:
    return Secret(asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh"))


async def test_a_busy_port_stops_the_start_with_one_clear_line(rooms: Rooms, people: People) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        gateway = SshGateway(rooms, people, host_key=host_key(), host=HOST, port=port)
        with pytest.raises(StartError, match=rf"can't listen on 127\.0\.0\.1:{port}: .*in use"):
            await gateway.start()
    await gateway.stop(0)


async def test_a_host_key_that_is_none_stops_the_start(rooms: Rooms, people: People) -> None:
    gateway = SshGateway(rooms, people, host_key=Secret("no key"), host=HOST, port=0)
    with pytest.raises(StartError, match="host key") as refused:
        await gateway.start()
    assert "no key" not in str(refused.value)


async def test_shows_the_host_key_it_was_given(gateway: SshGateway, client: Client) -> None:
    shown = await asyncssh.get_server_host_key(HOST, gateway.port, config=None)
    assert shown is not None
    assert shown.export_public_key("openssh").decode().split()[:2] == client.host_key.split()[:2]


async def test_stopping_tells_people_and_lets_them_finish(gateway: SshGateway, client: Client, gate: Gate) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        stopping = asyncio.ensure_future(gateway.stop(10))
        await terminal.expect(rb"locum: Locum is shutting down; this connection ends in 10 seconds\r\n")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, gateway.port)
        terminal.send(b"echo done; exit 4\r")
        await terminal.expect(rb"done\r\n")
        assert await terminal.closed() == 4
        await asyncio.wait_for(stopping, 3)
    assert await gate.until_ended() == "the client disconnected"


@IN_ONE
async def test_stopping_ends_who_does_not_leave(gateway: SshGateway, client: Client, gate: Gate) -> None:
    running = asyncio.ensure_future(client.run(HOST, "echo up; sleep 60"))
    async with asyncio.timeout(10):
        while not gate.grants:
            await asyncio.sleep(0.02)
    started = time.monotonic()
    await gateway.stop(0.5)
    assert time.monotonic() - started < 2.5
    answer = await running
    assert answer.status == 255
    assert answer.err.endswith("locum: Locum is shutting down\r\n")
    assert gate.ended[0][1] == "Locum is shutting down"
    assert gateway.connections == 0


async def test_stopping_cuts_off_who_has_not_signed_in(gateway: SshGateway) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    assert (await reader.readline()).startswith(b"SSH-2.0-")
    await gateway.stop(10)
    async with asyncio.timeout(2):
        await reader.read()
    writer.close()


@IN_ONE
async def test_many_at_once(gateway: SshGateway, client: Client, gate: Gate) -> None:
    async def one(number: int) -> str:
        async with connected(client) as connection:
            answer = await connection.run(f"echo {number}")
            return str(answer.stdout)

    answers = await asyncio.gather(*(one(number) for number in range(20)))
    assert answers == [f"{number}\n" for number in range(20)]
    await gate.until_ended()
    assert len({connection for connection, _ in gate.ended}) == 20
    async with asyncio.timeout(2):
        while gateway.connections:
            await asyncio.sleep(0.01)


async def test_nothing_is_left_behind(gateway: SshGateway, client: Client, gate: Gate) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(3):
        await client.run(HOST, "true")
    await gate.until_ended()
    async with asyncio.timeout(2):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.01)


# -- clients, each doing what it is used for: the gateway is no different from an sshd to them


async def run(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> bytes:
    """What a program that ends well says."""
    process = await asyncio.create_subprocess_exec(
        *words, env=env, cwd=cwd, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode == 0, out
    return out


def putty(client: Client) -> list[str]:
    key = asyncssh.import_public_key(client.host_key).get_fingerprint()
    return ["-batch", "-P", str(client.port), "-l", BOB, "-pw", PASSWORD, "-hostkey", key]


async def test_plink_runs_a_command(client: Client) -> None:
    said = await run("plink", "-ssh", *putty(client), HOST, "echo in; exit 0", env=client.environment())
    assert said.endswith(b"\nin\n")


@pytest.mark.parametrize("protocol", ["-sftp", "-scp"])
async def test_pscp_copies_both_ways(client: Client, gate: Gate, tmp_path: Path, protocol: str) -> None:
    gate.grant = replace(gate.grant, channels=FILES)
    data = os.urandom(100_000)
    (client.home / "mine").write_bytes(data)
    pscp = ("pscp", protocol, "-q", *putty(client))
    await run(*pscp, "mine", f"{HOST}:{tmp_path}/yours", env=client.environment(), cwd=client.home)
    await run(*pscp, f"{HOST}:{tmp_path}/yours", "back", env=client.environment(), cwd=client.home)
    assert (client.home / "back").read_bytes() == (tmp_path / "yours").read_bytes() == data


async def test_paramiko_runs_a_command_and_moves_a_file(client: Client, gate: Gate, tmp_path: Path) -> None:
    gate.grant = replace(gate.grant, channels=FILES)

    def use() -> tuple[bytes, int, bytes]:
        with paramiko.SSHClient() as ssh:
            ssh.load_host_keys(str(client.home / "known_hosts"))
            ssh.connect(HOST, client.port, BOB, PASSWORD, allow_agent=False, look_for_keys=False)
            stdin, stdout, _ = ssh.exec_command("cat; exit 3")
            stdin.write(b"in")
            stdin.channel.shutdown_write()
            said, status = stdout.read(), stdout.channel.recv_exit_status()
            sftp = ssh.open_sftp()
            with sftp.open(f"{tmp_path}/file", "w") as file:
                file.write(b"data" * 50_000)
            with sftp.open(f"{tmp_path}/file") as file:
                return said, status, file.read()

    assert await asyncio.to_thread(use) == (b"in", 3, b"data" * 50_000)


async def test_git_clones_and_pushes(client: Client, tmp_path: Path) -> None:
    env = {
        **client.environment(), "GIT_SSH_COMMAND": " ".join(client.command(user=BOB)),
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@x", "GIT_COMMITTER_NAME": "b",
        "GIT_COMMITTER_EMAIL": "b@x", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }  # fmt: skip
    await run("git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "there.git"), env=env)
    mine = client.home / "mine"
    await run("git", "clone", "-q", f"ssh://{HOST}{tmp_path}/there.git", str(mine), env=env)
    (mine / "file").write_text("x")
    await run("git", "add", "file", env=env, cwd=mine)
    await run("git", "commit", "-qm", "one", env=env, cwd=mine)
    await run("git", "push", "-q", "origin", "HEAD:main", env=env, cwd=mine)
    assert b"one" in await run("git", "--git-dir", str(tmp_path / "there.git"), "log", "main", env=env)


async def test_one_sign_in_carries_what_shares_it(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, channels=FILES)
    (client.home / "mine").write_text("x")
    share = ("-o", f"ControlPath={client.home}/share")
    master = await client.start("-M", *share, "-N", HOST)
    async with asyncio.timeout(15):
        while not (client.home / "share").exists():
            await asyncio.sleep(0.02)
    asked = len(client.questions())
    answers = await asyncio.gather(*(client.run(*share, HOST, f"echo {number}") for number in range(4)))
    assert [answer.out for answer in answers] == [b"0\n", b"1\n", b"2\n", b"3\n"]
    copied = await client.run(*share, "mine", f"{HOST}:{client.home}/yours", program="scp")
    assert (copied.status, copied.err, (client.home / "yours").read_text()) == (0, "", "x")
    assert (len(client.questions()), len(gate.grants)) == (asked, 1)
    await client.run(*share, "-O", "exit", HOST)
    await master.communicate()
    await gate.until_ended()


@pytest.mark.parametrize("files", [True, False])
async def test_ansible_works_in_a_shared_connection(
    client: Client, gate: Gate, tmp_path: Path, files: bool
) -> None:
    """With files where they may pass, else by its pipelining. It asks for no password, so that one is there before."""
    gate.grant = replace(gate.grant, channels=FILES if files else ChannelRules())
    share = client.home / "share"
    master = await client.start("-M", "-S", str(share), "-N", HOST, user=BOB)
    async with asyncio.timeout(15):
        while not share.exists():
            await asyncio.sleep(0.02)
    (client.home / "mine").write_text("x" * 100_000)
    there = tmp_path / "there"
    tasks: list[dict[str, object]] = [{"command": f"touch {there}"}]
    if files:
        tasks.append({"copy": {"src": str(client.home / "mine"), "dest": str(there)}})
    (client.home / "book.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": True, "tasks": tasks}]))
    (client.home / "hosts").write_text(
        f"web01 ansible_host={HOST} ansible_port={client.port} ansible_user={BOB}"
        f" ansible_python_interpreter={sys.executable}\n"
    )
    env = {
        **client.environment(),
        "ANSIBLE_SSH_ARGS": f"-F none -S {share} -o UserKnownHostsFile={client.home}/known_hosts",
        "ANSIBLE_PIPELINING": "0" if files else "1",
        "ANSIBLE_REMOTE_TMP": f"{tmp_path}/remote",
    }
    said = await run("ansible-playbook", "-i", "hosts", "book.yml", env=env, cwd=client.home)
    assert re.search(rb"unreachable=0 +failed=0", said), said
    assert there.read_text() == ("x" * 100_000 if files else "")
    await client.run("-S", str(share), "-O", "exit", HOST)
    await master.communicate()
    assert len(gate.grants) == 1


@pytest.mark.parametrize("way", ["ProxyCommand", "ProxyJump"])
async def test_a_host_behind_the_target_is_reached_by_a_jump(
    client: Client, gate: Gate, sshd: Sshd, way: str
) -> None:
    gate.grant = replace(gate.grant, channels=ChannelRules(destinations=(f"{HOST}:{sshd.port}",)))
    key, known = client.home / "key", client.home / "known_hosts"
    key.write_text(sshd.private_key)
    key.chmod(0o600)
    known.write_text(f"{known.read_text()}[{HOST}]:{sshd.port} {sshd.host_key}\n")
    through = " ".join(client.command("-W", "%h:%p", HOST)) if way == "ProxyCommand" else "gateway"
    (client.home / "config").write_text(
        f"Host gateway\n HostName {HOST}\n Port {client.port}\n User {BOB}\n PubkeyAuthentication no\n"
        f"Host behind\n HostName {HOST}\n Port {sshd.port}\n User {sshd.user}\n IdentityFile {key}\n"
        f" {way} {through}\nHost *\n UserKnownHostsFile {known}\n StrictHostKeyChecking yes\n"
    )
    said = await run("ssh", "-F", str(client.home / "config"), "behind", "echo in", env=client.environment())
    assert said.endswith(b"in\n")


async def test_an_editor_that_works_over_ssh(client: Client, gate: Gate) -> None:
    """As VS Code Remote does: a script to a shell's standard input, and a SOCKS proxy to what that starts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"server says " + await reader.readexactly(5))
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    port, local = server.sockets[0].getsockname()[1], free_port()
    gate.grant = replace(gate.grant, channels=ChannelRules(destinations=(f"{HOST}:1024-65535",)))
    ssh = await client.start("-T", "-D", str(local), HOST, "bash", stdin=asyncio.subprocess.PIPE)
    assert ssh.stdin is not None
    assert ssh.stdout is not None
    ssh.stdin.write(b"echo ready $((40 + 2))\n")
    assert await ssh.stdout.readline() == b"ready 42\n"
    reader, writer = await asyncio.open_connection(HOST, local)
    writer.write(b"\x05\x01\x00")
    assert await reader.readexactly(2) == b"\x05\x00"
    writer.write(b"\x05\x01\x00\x01" + socket.inet_aton(HOST) + port.to_bytes(2) + b"hello")
    assert (await reader.readexactly(10))[1] == 0
    assert await reader.read() == b"server says hello"
    writer.close()  # ssh stays while anything is forwarded
    async with asyncio.timeout(15):
        out, _ = await ssh.communicate(b"echo bye\n")
    assert out == b"bye\n"
    server.close()


@IN_ONE
@pytest.mark.parametrize("ends_open", [True, False])
async def test_without_room_nobody_is_let_in_and_who_is_in_is_told(
    client: Client, gate: Gate, recorder: Recorder, tape: Tape, ends_open: bool
) -> None:
    recorder._space = Space(
        recorder.store, time.monotonic, reserve_bytes=0, most_bytes=2 << 20, ends_open=ends_open
    )
    answer = await client.run(HOST, "head -c 8000000 /dev/urandom")
    if ends_open:
        assert answer.status == 255
        assert "locum: your session ended: The connection can't be recorded: recordings take" in answer.err
        assert len(answer.out) < 2 << 20
    else:
        assert (answer.status, len(answer.out)) == (0, 8_000_000)
    await gate.until_ended()
    assert tape.bytes(gate.grants[0].connection_id, "o").startswith(answer.out)
    refused = await client.run(HOST, "echo through")
    assert (refused.status, refused.out) == (255, b"")
    assert "locum: The connection can't be recorded: recordings take all of their 2 MiB" in refused.err
    gate.grant = replace(gate.grant, record=False)
    assert (await client.run(HOST, "echo through")).out == b"through\n"
