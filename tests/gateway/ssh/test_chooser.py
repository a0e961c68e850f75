"""A person at a terminal chooses what to open."""

from __future__ import annotations

import asyncio

import pytest

from locum.gateway.ssh import connection
from locum.gateway.ssh.chooser import AHEAD_LIMIT, Chooser
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.errors import Conflict, Forbidden
from locum.kit.paging import Listed, Page
from locum.sessions.connections import Choice
from several_gateways import IN_ONE
from ssh_gateway import Client, Gate, connected
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
OFFERED = [Choice("Linux shell", f"web{number:02}+x") for number in range(20)]


async def test_the_right_one_is_opened(client: Client, gate: Gate) -> None:
    gate.offered = [*OFFERED, Choice("Linux sudo", "db\x1b[31m01")]
    async with open_terminal(client, HOST, user="alice") as terminal:
        await terminal.expect(rb"15  Linux shell on web14\+x")
        await terminal.expect(rb"15 of 21: a number opens")
        terminal.send(b"\r")
        await terminal.expect(rb"20  Linux shell on web19")
        await terminal.expect("db\ufffd\\[31m01".encode())
        terminal.send(b"7\r")
        await terminal.expect(rb"there is no 7 in this list")
        terminal.send(b"web1\x7f03\x7f\r")
        await terminal.expect(rb"1  Linux shell on web00")
        assert gate.wanted == []
        terminal.send(b"4\r")
        await terminal.expect(rb"[$#] ")
        terminal.send(b"echo in-$((40+2)); exit\r")
        await terminal.expect(rb"in-42")
        assert await terminal.closed() == 0
    (wanted,) = gate.wanted
    assert (wanted.user, wanted.activity, wanted.resource) == ("alice", "Linux shell", "web03+x")


@pytest.mark.parametrize("keys", [b"q\r", b"\x03", b"\x04"])
async def test_who_leaves_opens_nothing(client: Client, gate: Gate, keys: bytes) -> None:
    async with open_terminal(client, HOST, user="alice") as terminal:
        await terminal.expect(rb"nothing that you may open")
        terminal.send(keys)
        await terminal.expect(rb"locum: nothing was chosen")
        assert await terminal.closed() == 255
    assert gate.wanted == []


@pytest.mark.parametrize("words", [(HOST, "id"), ("-T", HOST), ("-tt", HOST, "id"), ("-s", HOST, "sftp")])
async def test_without_a_terminal_the_form_is_shown(client: Client, gate: Gate, words: tuple[str, ...]) -> None:
    answer = await client.run(*words, user="alice")
    assert answer.status == 255
    assert (answer.err + answer.out.decode()).count("the user name must say what to open") == 1
    assert gate.wanted == []


@IN_ONE
async def test_nobody_sits_at_it_for_ever(
    client: Client, gate: Gate, gateway: SshGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CHOICE_S", 0.3)
    async with open_terminal(client, HOST, user="alice") as terminal:
        await terminal.expect(rb"nothing was chosen in")
        assert await terminal.closed() == 255
    answer = await client.run("-N", HOST, user="alice")
    assert answer.status == 255
    assert gateway.connections == 0


@IN_ONE
async def test_who_goes_away_leaves_nothing_behind(client: Client, gate: Gate, gateway: SshGateway) -> None:
    async with connected(client, "bob") as person:
        await person.create_process(term_type="xterm", encoding=None)
        assert gateway.connections == 1
    async with asyncio.timeout(10):
        while gateway.connections:
            await asyncio.sleep(0.01)
    waiting = [task for task in asyncio.all_tasks() if "_open_target" in repr(task)]
    assert waiting == []


async def test_a_second_window_waits_for_the_first(client: Client, gate: Gate) -> None:
    gate.offered = OFFERED
    async with connected(client, "bob") as person:
        first = await person.create_process(term_type="xterm", encoding=None)
        await first.stdout.readuntil(b"> ")
        second = asyncio.create_task(person.run("echo second"))
        first.stdin.write(b"1\r")
        assert (await asyncio.wait_for(second, 15)).stdout == "second\n"


async def test_a_list_that_can_not_be_had_ends_it_with_the_reason() -> None:
    async def refuse(page: Page) -> Listed[Choice]:
        raise Conflict("not now")

    with pytest.raises(Conflict, match="not now"):
        await Chooser(refuse, lambda text: None).choose()


async def test_lines_typed_ahead_are_not_kept_without_end() -> None:
    pages: list[Page] = []

    async def fetch(page: Page) -> Listed[Choice]:
        pages.append(page)
        return Listed([], 0)

    chooser = Chooser(fetch, lambda text: None)
    chooser.typed(b"\r" * 1000)
    chooser.leave()
    with pytest.raises(Forbidden):
        await chooser.choose()
    assert len(pages) == AHEAD_LIMIT + 1
