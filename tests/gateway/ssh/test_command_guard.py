"""Restricted commands (PRX-10) with the real `ssh`, a real sshd and a real bash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from locum.activities.command_rules import CommandAction, CommandHit, CommandRule, Restriction
from locum.gateway.ssh.command_guard import LONGEST_LINE
from locum.kit.ids import new_id
from locum.sessions.connections import Now
from ssh_gateway import Client, Gate, Tape
from ssh_terminal import Terminal, open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
BLOCKED = rb"locum: this command is restricted by \xe2\x80\x9chouse\xe2\x80\x9d\r\n"
PROMPT = rb"ready> "


def restrict(gate: Gate, *rules: tuple[str, CommandAction], **more: str) -> None:
    made = tuple(CommandRule(pattern, action, **more) for pattern, action in rules)
    gate.grant = replace(gate.grant, restrictions=(Restriction(new_id(), "house", None, made),))


def found(gate: Gate) -> list[tuple[CommandAction, str]]:
    return [(one.action, one.command) for one in gate.events if isinstance(one, CommandHit)]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What a blocked command would have made."""
    return tmp_path / "mark"


@asynccontextmanager
async def bash(client: Client) -> AsyncIterator[Terminal]:
    """A bash with a prompt of its own."""
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        terminal.send(b"exec env HISTFILE= PS1='rea''dy> ' INPUTRC=/dev/null bash --norc --noprofile -i\r")
        await terminal.expect(PROMPT)
        yield terminal


async def shows_that_it_lives(terminal: Terminal) -> None:
    terminal.send(b"echo $((40+2))\r")
    await terminal.expect(rb"[\r\n]42\r\n")


async def test_a_blocked_line_is_not_run_and_is_gone(client: Client, gate: Gate, tape: Tape, mark: Path) -> None:
    restrict(gate, ("touch ", CommandAction.BLOCK))
    lines = (b"touch {}\r", b"tuoch\x7f\x7f\x7f\x7fouch {}\n", b"ouch {}\x01t\r", b"echo x; touch {} # \x0f")
    async with bash(client) as terminal:
        for keys in lines:
            terminal.send(keys.replace(b"{}", str(mark).encode()))
            await terminal.expect(BLOCKED)
            await terminal.expect(PROMPT)
        await shows_that_it_lives(terminal)
        terminal.send(b"exit 3\r")
        assert await terminal.closed() == 3
    assert not mark.exists()
    await gate.until_ended()
    assert [(action, f"touch {mark}" in command) for action, command in found(gate)] == [
        (CommandAction.BLOCK, True)
    ] * len(lines)
    marks = tape.bytes(gate.grants[0].connection_id, "m").decode()
    assert marks.count("this command is restricted by") == len(lines)


async def test_what_the_shell_puts_into_the_line_is_seen(client: Client, gate: Gate, mark: Path) -> None:
    restrict(gate, ("^touch ", CommandAction.BLOCK))
    async with bash(client) as terminal:
        line = f"touch {mark}".encode()
        terminal.send(b"history -s '" + line + b"'\r")
        await terminal.expect(PROMPT)
        for keys in (b"\x1b[A\r", b"\x10\r", b"\x12touc\r", b"tou\tc\x7f\t" + line[5:] + b"\r"):
            terminal.send(keys)  # at once: nothing of it was shown yet
            await terminal.expect(BLOCKED)
            await terminal.expect(PROMPT)
        await shows_that_it_lives(terminal)
    assert not mark.exists()
    assert len(found(gate)) == 4


async def test_a_paste_of_lines_runs_none_from_the_blocked_one_on(client: Client, gate: Gate, mark: Path) -> None:
    restrict(gate, ("^touch ", CommandAction.BLOCK))
    async with bash(client) as terminal:
        after = mark.with_name("after")
        terminal.send(f"true\rtouch {mark}\rmkdir {after}\r".encode())
        await terminal.expect(BLOCKED)
        await terminal.expect(PROMPT)
        terminal.send(f"\x1b[200~mkdir {after}.2\rtouch {mark}\x1b[201~\r".encode())
        await terminal.expect(BLOCKED)
        await terminal.expect(PROMPT)
        await shows_that_it_lives(terminal)
        assert [one.exists() for one in (mark, after, after.with_suffix(".2"))] == [False, False, False]


async def test_a_line_longer_than_the_terminal_is_wide(client: Client, gate: Gate, mark: Path) -> None:
    restrict(gate, (f"^touch .*{mark.name}", CommandAction.BLOCK))
    async with bash(client) as terminal:
        terminal.send(f"history -s 'touch {'./' * 60}{mark}'\r".encode())
        await terminal.expect(PROMPT)
        terminal.send(b"\x1b[A")
        await terminal.expect(mark.name.encode())
        terminal.send(b"\r")
        await terminal.expect(BLOCKED)
        await terminal.expect(PROMPT)
        await shows_that_it_lives(terminal)


async def test_a_logged_line_runs_and_a_password_is_not_looked_at(client: Client, gate: Gate) -> None:
    restrict(gate, ("^(echo|hunter2)", CommandAction.LOG))
    async with bash(client) as terminal:
        terminal.send(b"read -s -p 'Password: ' x\r")
        await terminal.expect(rb"Password: $")
        terminal.send(b"hunter2\r")
        await terminal.expect(PROMPT)
        await shows_that_it_lives(terminal)
        terminal.send(b"exit\r")
        await terminal.closed()
    await gate.until_ended()
    assert found(gate) == [(CommandAction.LOG, "echo $((40+2))")]


async def test_text_in_an_editor_is_no_command_line(client: Client, gate: Gate) -> None:
    restrict(gate, ("touch ", CommandAction.BLOCK))
    async with bash(client) as terminal:
        terminal.send(b"printf '\\033[?1049htouch \\164his'; read x; echo got=$x\r")
        await terminal.expect(BLOCKED)  # typed in the shell it is one
        await terminal.expect(PROMPT)
        terminal.send(b"printf '\\033[?1049hto\\165ch this'; read x; echo got=$x\r")
        await terminal.expect(rb"touch this")
        terminal.send(b"well\r")
        await terminal.expect(rb"got=well")


async def test_a_lock_holds_at_once_and_an_unlock_lets_go_on(client: Client, gate: Gate, mark: Path) -> None:
    restrict(gate, ("^touch ", CommandAction.LOCK), message="ask the owner")
    async with bash(client) as terminal:
        terminal.send(f"touch {mark}\r".encode())
        await terminal.expect(rb"locum: ask the owner\r\n(?s:.*)locum: your session is locked: ask the owner")
        terminal.send(f"mkdir {mark}\r".encode())
        answer = await client.run(HOST, "id")
        assert gate.changers
        gate.changers[0](Now(gate.grant.deadline))
        await terminal.expect(rb"your session is unlocked")
        await shows_that_it_lives(terminal)
    assert answer.status == 0  # a session of its own
    assert not mark.exists()


async def test_a_terminating_line_ends_the_session(client: Client, gate: Gate, mark: Path) -> None:
    restrict(gate, ("^touch ", CommandAction.TERMINATE), message="enough")
    async with bash(client) as terminal:
        terminal.send(f"touch {mark}\r".encode())
        await terminal.expect(rb"locum: your session ended: enough")
        assert await terminal.closed() == 255
    assert await gate.until_ended() == "your session ended: enough"
    assert not mark.exists()


@pytest.mark.parametrize("words", [(), ("-tt",)], ids=["plain", "on a terminal"])
async def test_a_blocked_command_is_not_run(
    client: Client, gate: Gate, mark: Path, words: tuple[str, ...]
) -> None:
    restrict(gate, ("touch ", CommandAction.BLOCK), ("^echo", CommandAction.LOG))
    answer = await client.run(*words, HOST, f"sh -c 'touch {mark}'")
    assert answer.status == 255
    assert "restricted by “house”" in answer.err + answer.out.decode()
    assert not mark.exists()
    answer = await client.run(*words, HOST, "echo fine")
    assert answer.out.split() == [b"fine"]
    assert found(gate) == [(CommandAction.BLOCK, f"sh -c 'touch {mark}'"), (CommandAction.LOG, "echo fine")]


@pytest.mark.parametrize("words", [(), ("bash -s",), ("exec /bin/sh",)], ids=["shell", "bash", "sh"])
async def test_a_script_without_a_terminal_ends_at_the_blocked_line(
    client: Client, gate: Gate, mark: Path, words: tuple[str, ...]
) -> None:
    restrict(gate, ("^touch ", CommandAction.BLOCK))
    answer = await client.run("-T", HOST, *words, stdin=b"echo one\necho two")
    assert (answer.status, answer.out) == (0, b"one\ntwo\n")
    script = f"echo one\n touch {mark}\nmkdir {mark}.2\n".encode()
    answer = await client.run("-T", HOST, *words, stdin=script)
    assert answer.status == 255
    assert "restricted by “house”" in answer.err
    assert not mark.exists()
    assert not Path(f"{mark}.2").exists()
    assert found(gate) == [(CommandAction.BLOCK, f"touch {mark}")]
    answer = await client.run("-T", HOST, *words, stdin=f"touch {mark}".encode())  # without a line end
    assert answer.status == 255
    assert not mark.exists()


async def test_a_programs_input_is_no_commands(client: Client, gate: Gate) -> None:
    restrict(gate, ("touch ", CommandAction.BLOCK))
    data = b"touch x\n" * 10
    assert (await client.run(HOST, "cat", stdin=data)).out == data
    long = b"x" * (3 * LONGEST_LINE)
    answer = await client.run("-T", HOST, "bash", stdin=b"cat\n" + long)
    assert answer.out == long


async def test_enter_waits_no_longer_than_a_moment(client: Client, gate: Gate) -> None:
    """A key that brings nothing into the line, and no answer from the target."""
    restrict(gate, ("touch ", CommandAction.BLOCK))
    async with bash(client) as terminal:
        terminal.send(b"stty -echo -icanon; head -c 2 | od -c; stty sane\r")
        await asyncio.sleep(0.2)
        terminal.send(b"\x19\r")
        await terminal.expect(rb"031")
