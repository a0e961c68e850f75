"""Limits on what a peer can make the gateway hold, before and after it is authenticated (SEC-23, SEC-29)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator

import asyncssh
import pytest
from asyncssh.constants import MSG_CHANNEL_REQUEST, MSG_GLOBAL_REQUEST
from asyncssh.packet import Boolean, String

from locum.gateway.ssh import transport
from locum.gateway.ssh.gateway import Limits, SshGateway
from locum.gateway.ssh.relay import ENVIRONMENT_LIMIT
from locum.gateway.ssh.transport import CROWDED, Lobby
from locum.kit.ssh_algorithms import ENCRYPTION
from locum.recordings.writer import Recorder
from ssh_gateway import Client, Gate, connected, resident, scripted_target

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
MB = 1024 * 1024


class Guest:
    """Stands for a connection in the lobby."""

    gone = False

    def abort(self) -> None:
        self.gone = True


def test_the_lobby_counts_in_all_and_per_address() -> None:
    lobby = Lobby(total=3, per_address=2)
    first, second, third = Guest(), Guest(), Guest()
    assert lobby.enter("a", first)  # type: ignore[arg-type]
    assert lobby.enter("a", second)  # type: ignore[arg-type]
    assert not lobby.enter("a", Guest())  # type: ignore[arg-type]
    assert lobby.enter("b", third)  # type: ignore[arg-type]
    assert not lobby.enter("c", Guest())  # type: ignore[arg-type]
    lobby.leave("a", first)  # type: ignore[arg-type]
    assert lobby.enter("c", Guest())  # type: ignore[arg-type]
    lobby.clear()
    assert (first.gone, second.gone, third.gone) == (False, True, True)


@pytest.fixture
def processes() -> int:
    """These tests reach into the gateway."""
    return 1


@pytest.fixture
def limits() -> Limits:
    return Limits(sign_in=1.5, waiting=6, waiting_per_address=4)


@pytest.fixture
async def strangers(gateway: SshGateway) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    opened = [await asyncio.open_connection(HOST, gateway.port) for _ in range(4)]
    yield opened
    for _, writer in opened:
        writer.close()


async def test_no_more_than_so_many_wait_to_sign_in(
    gateway: SshGateway, client: Client, strangers: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> None:
    assert all([(await reader.readline()).startswith(b"SSH-2.0-Locum") for reader, _ in strangers])
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    assert await reader.read() == CROWDED
    writer.close()
    strangers[0][1].close()
    await asyncio.sleep(0.05)
    assert (await client.run(HOST, "echo in")).out == b"in\n"


async def test_who_does_not_sign_in_is_cut_off(
    strangers: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
) -> None:
    async with asyncio.timeout(4):
        for reader, _ in strangers:
            assert (await reader.read()).startswith(b"SSH-2.0-Locum")


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"SSH-1.5-old\r\n",
        b"SSH-2.0-" + b"x" * 10_000 + b"\r\n",
        b"\x00" * 100_000,
        b"SSH-2.0-x\r\n" + b"\xff" * 1_000_000,
        b"SSH-2.0-x\r\n" + b"\x00\x00\x00\x0c\x0a\x02\x00\x00\x00\x00" * 10_000,
        b"\n" * 1_000_000,
        b"SSH-2.0-x\xff\xfe\r\n" + os.urandom(100_000),
    ],
)
async def test_garbage_ends_its_own_connection_only(gateway: SshGateway, client: Client, garbage: bytes) -> None:
    before = resident()
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(garbage)
    async with asyncio.timeout(4):
        with contextlib.suppress(ConnectionError):  # cut off while it was still talking
            await reader.read()
    writer.close()
    assert resident() - before < 16 * MB
    assert (await client.run(HOST, "echo in")).out == b"in\n"


async def test_gcm_comes_first_and_nothing_old_is_offered(client: Client) -> None:
    async with connected(client) as connection:
        assert connection.get_extra_info("send_cipher") in ENCRYPTION
    for option in ("Ciphers=aes128-cbc", "KexAlgorithms=diffie-hellman-group14-sha1", "MACs=hmac-sha1"):
        weak = ("-o", "Ciphers=aes128-ctr") if "MACs" in option else ()
        answer = await client.run("-o", option, *weak, HOST, "id")
        assert answer.status == 255
        assert "no matching" in answer.err.lower()


async def test_an_endless_environment_is_not_kept(client: Client) -> None:
    async with connected(client) as connection:
        loop = asyncio.get_running_loop()
        channel = asyncssh.SSHClientChannel(connection, loop, "strict", None, "strict", MB, 32768)
        await channel._open(b"session")
        for number in range(1000):
            name = b"LC_" + bytes((65 + number // 26 % 26, 65 + number % 26))
            channel.send_packet(MSG_CHANNEL_REQUEST, String(b"env"), Boolean(False), String(name), String(b"C"))
        assert (await connection.run("env", env={"LC_ALL": "C"})).exit_status == 0
        kept = [len(kept._env) for kept in gc.get_objects() if isinstance(kept, transport.ServerChannel)]
        assert max(kept) == ENVIRONMENT_LIMIT


async def exec_with_endless_window(connection: asyncssh.SSHClientConnection, command: bytes) -> None:
    loop = asyncio.get_running_loop()
    channel = asyncssh.SSHClientChannel(connection, loop, "strict", None, "strict", 2**32 - 1, 32768)
    await channel._open(b"session")
    channel.send_packet(MSG_CHANNEL_REQUEST, String(b"exec"), Boolean(False), String(command))


async def passed_until_it_stops(recorder: Recorder, gate: Gate) -> int:
    """Bytes of the recording when it has not grown for a while: so much has passed and is held somewhere."""
    path = recorder.store.path(gate.grants[0].connection_id)
    before = -1
    async with asyncio.timeout(20):
        while (size := path.stat().st_size) != before:
            before = size
            await asyncio.sleep(0.7)
    return size


async def test_a_client_with_an_endless_window_that_never_reads_costs_little(
    client: Client, gate: Gate, recorder: Recorder
) -> None:
    """What has passed is in the buffers of the system, which end at ten megabytes here, or in ours."""
    before = resident()
    async with connected(client) as connection:
        await exec_with_endless_window(connection, b"cat /dev/zero")
        assert connection._transport is not None
        connection._transport.pause_reading()
        await asyncio.sleep(0.5)
        assert await passed_until_it_stops(recorder, gate) < 24 * MB
        assert resident() - before < 24 * MB


async def test_a_client_that_asks_and_never_listens_is_cut_off(
    client: Client, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request has an answer of a few bytes, which nobody takes."""
    monkeypatch.setattr(transport, "UNSENT_LIMIT", MB // 4)
    async with connected(client) as connection:
        await exec_with_endless_window(connection, b"cat /dev/zero")
        assert connection._transport is not None
        connection._transport.pause_reading()
        await asyncio.sleep(0.5)  # until the buffers of the system are full
        async with asyncio.timeout(20):
            while not gate.ended:
                for _ in range(100):
                    connection.send_packet(MSG_GLOBAL_REQUEST, String(b"what@example.com"), Boolean(True))
                await asyncio.sleep(0.001)
    assert await gate.until_ended() == "the client disconnected"


async def test_a_client_that_never_finishes_a_key_exchange_is_cut_off(client: Client, gate: Gate) -> None:
    """What the target says waits for the new keys, with a window that would let through gigabytes."""
    before = resident()
    async with connected(client) as connection:
        await exec_with_endless_window(connection, b"cat /dev/zero")
        await asyncio.sleep(0.3)
        connection._send_kexinit()
        connection._recv_handler = lambda: False  # never answers
        assert await gate.until_ended(20) == "the client disconnected"
    assert resident() - before < 128 * MB


async def test_a_target_with_an_endless_window_that_never_reads_costs_little(
    client: Client, gate: Gate, recorder: Recorder
) -> None:
    async def deaf(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.channel._conn._transport.pause_reading()
        await asyncio.sleep(30)

    data = b"x" * 48 * MB
    async with scripted_target(gate, deaf, window=2**31), connected(client) as connection:
        process = await connection.create_process("x", encoding=None)
        await asyncio.sleep(0.3)
        process.stdin.write(data)
        assert await passed_until_it_stops(recorder, gate) < 24 * MB
