"""Shells and commands through the gateway, with the real `ssh` and a real sshd."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from dataclasses import replace

import asyncssh
import pytest

from locum.recordings.writer import Recorder
from several_gateways import IN_BOTH, IN_ONE
from ssh_gateway import Client, Gate, Tape, connected, resident, scripted_target
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


async def test_a_command_keeps_its_output_its_errors_and_its_status(client: Client) -> None:
    answer = await client.run(HOST, "echo out; echo err >&2; exit 7")
    assert (answer.status, answer.out, answer.err) == (7, b"out\n", "err\n")


async def test_a_command_without_a_status_of_its_own_gives_zero(client: Client) -> None:
    answer = await client.run(HOST, "true")
    assert (answer.status, answer.out, answer.err) == (0, b"", "")


async def test_a_command_killed_by_a_signal_is_told_apart(client: Client) -> None:
    answer = await client.run("-v", HOST, "kill -TERM $$")
    assert answer.status == 255
    assert "signal" in answer.err.lower()


async def test_the_end_of_input_reaches_the_command_while_its_output_goes_on(client: Client) -> None:
    answer = await client.run(HOST, "cat; echo and then", stdin=b"first ")
    assert answer.out == b"first and then\n"


async def test_large_input_and_output_pass_byte_for_byte(client: Client) -> None:
    data = os.urandom(20 * 1024 * 1024)
    digest = hashlib.sha256(data).hexdigest()
    up = await client.run(HOST, "sha256sum", stdin=data, timeout=60)
    assert up.out.split()[0].decode() == digest
    both = await client.run(HOST, "cat", stdin=data, timeout=60)
    assert hashlib.sha256(both.out).hexdigest() == digest
    assert both.err == ""


async def test_output_and_errors_interleave_without_loss(client: Client) -> None:
    script = "i=0; while [ $i -lt 2000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"
    answer = await client.run(HOST, script)
    assert answer.out.decode().split() == [f"o{number}" for number in range(2000)]
    assert answer.err.split() == [f"e{number}" for number in range(2000)]


@IN_BOTH
async def test_a_shell_has_the_terminal_of_the_person(client: Client) -> None:
    async with open_terminal(client, HOST, size=(101, 37)) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"stty size; echo term=$TERM; tty\r")
        await terminal.expect(rb"37 101\r\n")
        await terminal.expect(rb"term=xterm\r\n/dev/pts/\d+")
        terminal.resize(120, 40)
        await asyncio.sleep(0.2)
        terminal.send(b"stty size\r")
        await terminal.expect(rb"40 120\r\n")
        terminal.send(b"exit 3\r")
        assert await terminal.closed() == 3


async def test_terminal_modes_are_those_of_the_person(client: Client) -> None:
    async with open_terminal(client, "-t", HOST, "stty -a; sleep 0.1") as terminal:
        shown = await terminal.expect(rb"speed (?s:.*) onlcr")
        assert b"intr = ^C" in shown[0]


async def test_control_c_ends_what_runs_and_not_the_shell(client: Client) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"sleep 100\r")
        await asyncio.sleep(0.3)
        terminal.send(b"\x03")
        terminal.send(b"echo st''ill $?\r")
        await terminal.expect(rb"still 130\r\n(?s:.*)[$#] ")
        terminal.send(b"exit 5\r")
        assert await terminal.closed() == 5


async def test_a_person_who_leaves_takes_the_command_with_them(client: Client, gate: Gate) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"echo pid=$$\r")
        pid = int((await terminal.expect(rb"pid=(\d+)"))[1])
        os.kill(terminal.process.pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            while os.path.exists(f"/proc/{pid}"):
                await asyncio.sleep(0.02)
    assert await gate.until_ended() == "the client disconnected"


async def test_only_language_and_terminal_are_taken_over(client: Client) -> None:
    client.extra_environment.update(LC_TIME="C", SECRET_X="1", LC_ALL="$(id)")
    answer = await client.run("-o", "SendEnv=LANG LC_* SECRET_*", HOST, "env")
    given = dict(line.split("=", 1) for line in answer.out.decode().splitlines() if "=" in line)
    assert given["LC_TIME"] == "C"
    assert "SECRET_X" not in given
    assert "LC_ALL" not in given


async def test_several_channels_share_one_connection(client: Client, gate: Gate, tape: Tape) -> None:
    control = ("-o", f"ControlPath={client.home}/ctl")
    master = await client.start("-M", "-N", *control, HOST)
    try:
        async with asyncio.timeout(10):
            while not (client.home / "ctl").exists():
                await asyncio.sleep(0.02)
        answers = await asyncio.gather(*(client.run(*control, HOST, f"echo {number}") for number in range(5)))
    finally:
        master.terminate()
        await master.wait()
    assert [answer.out for answer in answers] == [b"%d\n" % number for number in range(5)]
    (grant,) = gate.grants
    marks = tape.bytes(grant.connection_id, "m").decode()
    assert all(f"exec: echo {number}" in marks for number in range(5))


async def test_not_more_than_ten_at_once(client: Client) -> None:
    async with connected(client) as connection:
        running = [await connection.create_process("cat") for _ in range(10)]
        with pytest.raises(asyncssh.ChannelOpenError, match="not more than 10"):
            await connection.create_process("cat")
        running[0].stdin.write_eof()
        await running[0].wait()
        assert (await connection.run("echo again")).stdout == "again\n"


async def test_the_target_gets_the_signals_a_client_sends(client: Client, gate: Gate) -> None:
    """OpenSSH's client sends no signals and its sshd takes none for root: asyncssh plays both."""
    heard: list[str] = []

    async def listen(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"ready\n")
        for _ in range(2):
            try:
                await process.stdin.read()
            except asyncssh.SignalReceived as got:
                heard.append(got.signal)
            except asyncssh.BreakReceived as got:
                heard.append(f"break {got.msec}")
        process.exit_with_signal("USR1", msg="had enough\x1b[2J")

    async with scripted_target(gate, listen), connected(client) as connection:
        process = await connection.create_process("whatever")
        assert await process.stdout.readline() == "ready\n"
        process.send_signal("NOSUCH")
        process.send_signal("TERM")
        process.send_break(7)
        done = await process.wait()
    assert heard == ["TERM", "break 7"]
    assert done.exit_signal == ("USR1", False, "had enough\N{REPLACEMENT CHARACTER}[2J", "en-US")
    assert done.stderr == ""


async def test_what_a_command_is_given_and_says_is_recorded(client: Client, gate: Gate, tape: Tape) -> None:
    data = os.urandom(300_000)
    answer = await client.run(HOST, "cat; echo oops >&2", stdin=data)
    assert answer.out == data
    recording = gate.grants[0].connection_id
    assert tape.bytes(recording, "i") == data
    assert tape.bytes(recording, "o") == data
    assert tape.bytes(recording, "e") == b"oops\n"
    assert tape.bytes(recording, "m") == b"channel 1: exec: cat; echo oops >&2"


async def test_a_shell_is_recorded_with_its_size_and_without_passwords(
    client: Client, gate: Gate, tape: Tape
) -> None:
    async with open_terminal(client, HOST, size=(90, 30)) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"read -rsp 'Password: ' x; echo got ${#x}\r")
        await terminal.expect(rb"\rPassword: ")
        for key in b"hunter2\r":
            terminal.send(bytes([key]))
            await asyncio.sleep(0.01)
        await terminal.expect(rb"got 7")
        terminal.resize(70, 20)
        await asyncio.sleep(0.2)
        terminal.send(b"exit\r")
        await terminal.closed()
    recording = gate.grants[0].connection_id
    assert tape.bytes(recording, "r") == b"90x3070x20"
    kept = tape.bytes(recording, "i")
    assert b"read -rsp" in kept
    assert b"exit\r" in kept
    assert b"********\r" in kept
    assert b"hunter2" not in kept
    assert b"got 7" in tape.bytes(recording, "o")


async def test_nothing_is_kept_where_the_profile_says_so(client: Client, gate: Gate, recorder: Recorder) -> None:
    gate.grant = replace(gate.grant, record=False)
    answer = await client.run(HOST, "cat", stdin=b"unseen")
    assert answer.out == b"unseen"
    assert list(recorder.store.ids()) == []


@IN_ONE
async def test_a_client_that_does_not_read_costs_little_memory_and_loses_nothing(
    client: Client, gate: Gate
) -> None:
    """The target sends 60 MB, and the client takes nothing for a while."""
    process = await client.start(HOST, "yes | head -c 60000000")
    async with asyncio.timeout(10):
        while not gate.grants:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    os.kill(process.pid, signal.SIGSTOP)
    before = resident()
    await asyncio.sleep(1)
    assert resident() - before < 16 * 1024 * 1024
    os.kill(process.pid, signal.SIGCONT)
    size = 0
    assert process.stdout is not None
    while data := await process.stdout.read(1 << 20):
        size += len(data)
    assert size == 60_000_000
    assert await process.wait() == 0
