"""A connection from the gate to its end, whoever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import time
from collections.abc import Callable
from dataclasses import replace

import asyncssh
import pytest

from locum.kit.errors import Forbidden
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions.connections import Now
from mad_target import channels, escapes, flood, garbage, window
from several_gateways import IN_BOTH, IN_ONE
from ssh_gateway import Client, Gate, Tape, connected, free_port, scripted_target
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def test_a_refusal_of_the_gate_reaches_the_person(client: Client, gate: Gate) -> None:
    gate.refusal = Forbidden("no policy lets you do that\x1b[31m")
    answer = await client.run(HOST, "id")
    assert (answer.status, answer.out) == (255, b"")
    assert answer.err == "locum: no policy lets you do that\N{REPLACEMENT CHARACTER}[31m\r\n"
    assert gate.ended == []


async def test_a_refusal_reaches_a_person_who_opens_nothing(client: Client, gate: Gate) -> None:
    gate.refusal = Forbidden("no policy lets you do that")
    answer = await client.run("-N", HOST)
    assert answer.status == 255
    assert "no policy lets you do that" in answer.err


async def test_the_gate_hears_of_every_end(client: Client, gate: Gate) -> None:
    await client.run(HOST, "true")
    assert await gate.until_ended() == "the client disconnected"
    assert [grant.connection_id for grant in gate.grants] == [ended for ended, _ in gate.ended]


async def test_the_bound_address_is_handed_to_the_gate(client: Client, gate: Gate) -> None:
    session = gate.grant.session_id
    await client.run(HOST, "true", user=f"alice+Linux_shell+web01+~{session}")
    assert gate.wanted[0].session_id == session


async def test_a_url_that_openssh_decodes_reaches_the_same_session(client: Client, gate: Gate) -> None:
    session = gate.grant.session_id
    answer = await client.run(f"ssh://alice+Linux_shell+web01+~{session}@{HOST}", "echo in", user="")
    assert answer.out == b"in\n"
    assert (gate.wanted[0].user, gate.wanted[0].session_id) == ("alice", session)


async def test_progress_is_shown_where_there_is_a_terminal(client: Client, gate: Gate) -> None:
    gate.say = ("preparing access…",)
    gate.wait = asyncio.Event()
    async with open_terminal(client, "-t", HOST, "echo ready") as terminal:
        await terminal.expect("locum: preparing access…\r\n".encode())
        gate.wait.set()
        await terminal.expect(rb"ready\r\n")
    answer = await client.run(HOST, "echo ready")
    assert (answer.out, answer.err) == (b"ready\n", "")


async def test_what_is_typed_and_sent_while_access_is_made_is_not_lost(client: Client, gate: Gate) -> None:
    gate.wait = asyncio.Event()
    data = os.urandom(1_000_000)
    running = asyncio.ensure_future(client.run(HOST, "cat", stdin=data))
    await asyncio.sleep(0.7)
    gate.wait.set()
    assert (await running).out == data


async def test_a_person_who_leaves_while_access_is_made_is_not_waited_for(client: Client, gate: Gate) -> None:
    gate.wait = asyncio.Event()
    process = await client.start(HOST, "id")
    async with asyncio.timeout(10):
        while not gate.wanted:
            await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    await asyncio.sleep(0.2)
    gate.wait.set()
    await asyncio.sleep(0.1)
    assert gate.grants == []


async def test_the_deadline_ends_a_shell_within_a_second_and_says_why(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, deadline=now() + dt.timedelta(seconds=2))
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"locum: your session ended: time is over\r\n")
        assert now() - gate.grant.deadline < dt.timedelta(seconds=1)
        assert await terminal.closed() == 255
        assert now() - gate.grant.deadline < dt.timedelta(seconds=1.5)
    assert await gate.until_ended() == "your session ended: time is over"


@pytest.mark.parametrize("words", [("-N", HOST), (HOST, "sleep 60"), (HOST, "yes")])
async def test_the_deadline_ends_whatever_is_open(client: Client, gate: Gate, words: tuple[str, ...]) -> None:
    gate.grant = replace(gate.grant, deadline=now() + dt.timedelta(seconds=1.5))
    answer = await client.run(*words)
    assert now() - gate.grant.deadline < dt.timedelta(seconds=1.5)
    assert answer.status == 255
    assert "your session ended: time is over" in answer.err
    assert await gate.until_ended() == "your session ended: time is over"


async def test_a_deadline_that_has_passed_lets_nothing_through(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, deadline=now() - dt.timedelta(seconds=1))
    answer = await client.run(HOST, "echo through")
    assert (answer.status, answer.out) == (255, b"")
    assert "time is over" in answer.err


@pytest.mark.parametrize("words", [(HOST, "sleep 2.5"), ("-tt", HOST, "sleep 2.5")])
async def test_the_person_is_told_of_the_end_once(client: Client, gate: Gate, words: tuple[str, ...]) -> None:
    deadline = now() + dt.timedelta(seconds=63)
    gate.grant = replace(gate.grant, deadline=deadline, notice=dt.timedelta(seconds=61.5))
    began = now()
    answer = await client.run(*words)
    assert answer.status == 0
    told = f"locum: your session ends in 2 minutes, at {deadline:%H:%M} UTC"
    assert (answer.err + answer.out.decode()).count(told) == 1
    assert now() - began >= dt.timedelta(seconds=2.5)  # and it goes on


async def test_every_open_channel_is_told_and_none_that_comes_later(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, deadline=now() + dt.timedelta(seconds=41.5), notice=dt.timedelta(seconds=40))
    async with connected(client) as connection:
        both = await asyncio.gather(*(connection.run("sleep 3") for _ in range(2)))
        assert [str(done.stderr).count("your session ends in 1 minute, at ") for done in both] == [1, 1]
        assert (await connection.run("true")).stderr == ""


async def test_who_comes_after_that_moment_is_told_at_once(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, notice=dt.timedelta(hours=1))
    answer = await client.run(HOST, "true")
    assert answer.err.count("locum: your session ends in 10 minutes, at ") == 1
    async with connected(client) as connection:
        await asyncio.sleep(0.5)
        first, second = [await connection.run("true") for _ in range(2)]
        assert [str(done.stderr).count("your session ends in") for done in (first, second)] == [1, 0]


async def test_without_a_notice_nothing_is_said(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, deadline=now() + dt.timedelta(seconds=30))
    assert (await client.run(HOST, "true")).err == ""


async def test_ctrl_x_adds_time_when_it_was_offered_and_belongs_to_the_target_else(
    client: Client, gate: Gate
) -> None:
    """PRX-09."""
    deadline = now() + dt.timedelta(seconds=30)
    gate.grant = replace(gate.grant, deadline=deadline, notice=dt.timedelta(seconds=28), extension=10)
    async with open_terminal(client, "-t", HOST, "stty raw -echo; echo begun; cat -v") as terminal:
        await terminal.expect(rb"begun")
        terminal.send(b"\x18")
        await terminal.expect(rb"\^X")
        await terminal.expect(rb"your session ends in 1 minute, at \d\d:\d\d UTC; Ctrl\+X adds 10 minutes")
        gate.extension_refusal = Forbidden("not yet")
        terminal.send(b"\x18")
        await terminal.expect(rb"locum: not yet")
        gate.extension_refusal = None
        terminal.send(b"\x18")
        await terminal.expect(
            rf"your session now ends at {deadline + dt.timedelta(minutes=10):%H:%M} UTC".encode()
        )
        terminal.send(b"\x18")
        await terminal.expect(rb"\^X")
    assert gate.extended == ["127.0.0.1"] * 2


@IN_BOTH
async def test_the_gate_can_end_it_within_a_second(client: Client, gate: Gate) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"sleep 50 & echo pid=$!\r")
        pid = int((await terminal.expect(rb"pid=(\d+)"))[1])
        started = time.monotonic()
        gate.closers[0]("an administrator ended it")
        await terminal.expect(rb"locum: your session ended: an administrator ended it\r\n", timeout=1)
        assert await terminal.closed() == 255
        assert time.monotonic() - started < 1
    assert await gate.until_ended() == "your session ended: an administrator ended it"
    with contextlib.suppress(ProcessLookupError):  # what its shell does not hang up, the revocation ends
        os.kill(pid, 9)


async def test_the_gate_can_end_a_client_that_does_not_listen(client: Client, gate: Gate) -> None:
    async with connected(client) as connection:
        process = await connection.create_process("yes", encoding=None)
        await process.stdout.read(10)
        assert connection._transport is not None
        connection._transport.pause_reading()
        await asyncio.sleep(0.5)
        gate.closers[0]("enough")
        assert await gate.until_ended(1.5) == "your session ended: enough"


async def test_only_the_first_reason_counts(client: Client, gate: Gate) -> None:
    async with connected(client) as connection:
        process = await connection.create_process("sleep 50")
        await asyncio.sleep(0.3)
        gate.closers[0]("first")
        gate.closers[0]("second")
        done = await process.wait()
    assert done.stderr == "locum: your session ended: first\r\n"
    assert done.exit_status == 255


async def test_what_the_target_said_before_the_end_is_shown_before_the_reason(client: Client, gate: Gate) -> None:
    async with connected(client) as connection:
        process = await connection.create_process("echo last words; sleep 50")
        assert await process.stdout.readline() == "last words\n"
        gate.closers[0]("enough")
        await process.wait()


async def test_a_target_that_is_down_is_named(client: Client, gate: Gate) -> None:
    gate.grant = replace(gate.grant, port=free_port())
    answer = await client.run(HOST, "id")
    assert answer.status == 255
    assert "locum: web01 (127.0.0.1 port" in answer.err
    assert "can't be reached: Connection refused" in answer.err
    assert "can't be reached" in await gate.until_ended()


async def test_a_changed_host_key_is_named(client: Client, gate: Gate) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    gate.grant = replace(gate.grant, trusted_host_key=other)
    answer = await client.run(HOST, "id")
    assert answer.status == 255
    assert "is not the one that is trusted" in answer.err


async def test_a_target_that_goes_away_is_told_of(client: Client, gate: Gate) -> None:
    async def vanish(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"going\n")
        await asyncio.sleep(0.3)
        process.channel.get_connection().abort()

    async with scripted_target(gate, vanish):
        answer = await client.run(HOST, "id")
    assert (answer.status, answer.out) == (255, b"going\n")
    assert answer.err == "locum: the connection to web01 was lost\r\n"
    assert await gate.until_ended() == "the connection to web01 was lost"


async def test_a_target_that_takes_no_channel_is_told_of(client: Client, gate: Gate) -> None:
    async def once(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.channel.get_connection()._process_factory = None  # from here on sessions are refused
        process.exit(0)

    async with scripted_target(gate, once), connected(client) as connection:
        assert (await connection.run("first")).exit_status == 0
        refused = await connection.run("second")
    assert refused.exit_status == 255
    assert str(refused.stderr).startswith("locum: the target did not start it: ")


@pytest.mark.parametrize("attack", [garbage, flood, channels, window, escapes])
async def test_a_target_gone_mad_costs_its_own_session_only(
    client: Client, gate: Gate, attack: Callable[[asyncssh.SSHServerConnection], None]
) -> None:
    """SEC-23, after the sign-in."""

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"so far\n")
        await process.stdin.readline()
        attack(process.channel.get_connection())
        await asyncio.sleep(0.3)
        if not process.channel.is_closing():
            process.exit(0)

    async with connected(client) as bystander:
        await bystander.run("true")
        async with scripted_target(gate, run):
            answer = await client.run(HOST, "id", stdin=b"go\n", timeout=15)
        assert answer.out.startswith(b"so far\n")
        assert answer.status in (0, 255)
        assert "\x1b" not in answer.err
        assert (await bystander.run("echo well")).stdout == "well\n"


@IN_ONE
async def test_without_a_recording_there_is_no_session(client: Client, gate: Gate, recorder: Recorder) -> None:
    """SEC-26: the recorder does not take the file."""
    recorder.store = Store(recorder.store.root / "gone")
    recorder.store.root.rmdir()
    answer = await client.run(HOST, "echo through")
    assert (answer.status, answer.out) == (255, b"")
    assert "locum: " in answer.err
    assert len(gate.ended) == 1


@IN_ONE
async def test_a_recorder_that_fails_ends_the_session(client: Client, gate: Gate, recorder: Recorder) -> None:
    """SEC-26: nothing is shown that is not kept."""
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        for recording in list(recorder._open):
            os.close(recording._sink._file.fileno())
        terminal.send(b"echo un''kept\r")
        await terminal.expect(rb"locum: your session ended: it can't be recorded any more\r\n", timeout=2)
        assert b"unkept" not in terminal.shown
        assert await terminal.closed() == 255
    assert "recorded" in await gate.until_ended()


async def test_every_byte_a_person_saw_is_in_the_recording_at_once(client: Client, gate: Gate, tape: Tape) -> None:
    """Read while the session runs, which is what is left after `kill -9`."""
    async with connected(client) as connection:
        process = await connection.create_process("while read x; do echo got $x; done")
        for number in range(50):
            process.stdin.write(f"{number}\n")
            assert await process.stdout.readline() == f"got {number}\n"
            assert tape.bytes(gate.grants[0].connection_id, "o").endswith(f"got {number}\n".encode())


async def test_more_time_reaches_a_live_connection(client: Client, gate: Gate) -> None:
    first = now() + dt.timedelta(seconds=2)
    gate.grant = replace(gate.grant, deadline=first)
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"\$ |# ")
        gate.changers[0](Now(first + dt.timedelta(seconds=2)))
        await terminal.expect(rb"locum: your session now ends at \d\d:\d\d UTC\r\n")
        await asyncio.sleep(max((first - now()).total_seconds(), 0) + 0.5)
        terminal.send(b"echo al''ive\n")
        await terminal.expect(rb"alive\r\n")
        await terminal.expect(rb"locum: your session ended: time is over\r\n")
        assert first + dt.timedelta(seconds=2) <= now() < first + dt.timedelta(seconds=3)


async def test_less_time_reaches_it_too(client: Client, gate: Gate) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"\$ |# ")
        gate.changers[0](Now(now() + dt.timedelta(seconds=0.5)))
        await terminal.expect(rb"locum: your session ended: time is over\r\n")


@IN_BOTH
async def test_nothing_passes_a_lock_and_what_was_typed_before_it_is_lost(
    client: Client, gate: Gate, tape: Tape
) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"\$ |# ")
        terminal.send(b"(sleep 1; echo from''below) &\n")
        await asyncio.sleep(0.3)
        gate.changers[0](Now(gate.grant.deadline, "Stop: call us"))
        await terminal.expect(rb"locum: your session is locked: Stop: call us\r\n")
        terminal.send(b"echo ty''ped\n")
        await asyncio.sleep(1.3)
        assert b"frombelow" not in tape.bytes(gate.grants[0].connection_id, "o")
        gate.changers[0](Now(gate.grant.deadline))
        # ssh shows what came together on two streams in any order.
        await terminal.expect(rb"(?s)is unlocked\r\n.*frombelow|frombelow\r\n.*is unlocked\r\n")
        terminal.send(b"echo go''on\n")
        await terminal.expect(rb"goon\r\n")
    await gate.until_ended()
    said = tape.bytes(gate.grants[0].connection_id, "o")
    assert b"typed" not in said
    assert b"goon" in said


async def test_what_a_program_sends_waits_behind_a_lock(client: Client, gate: Gate) -> None:
    async with connected(client) as connection, connection.create_process("cat", encoding=None) as process:
        process.stdin.write(b"one\n")
        assert await process.stdout.readline() == b"one\n"
        gate.changers[0](Now(gate.grant.deadline, "wait"))
        process.stdin.write(b"two\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await process.stdout.readline()
        with pytest.raises(asyncssh.ChannelOpenError, match="locked"):
            await connection.create_process("id")
        gate.changers[0](Now(gate.grant.deadline))
        assert await asyncio.wait_for(process.stdout.readline(), 5) == b"two\n"
        process.stdin.write_eof()
