"""A whole installation whose SSH gateway runs in two processes: what must hold there as in one, and what holds when one
of them is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo.client import Client as ApiClient
from demo.hosts import Host

from browser_terminal import window
from installation import USER_PASSWORD, Installation, ask
from ssh_gateway import Client
from ssh_terminal import Terminal, open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
DIRECT = "alice+Linux_sudo+web01"
PROMPT = rb"[$#] "
LOCK = "/api/v1/ActivitySession/lock"


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("several") / "data")
    made.prepare()
    (made.data / "locum.toml").write_text("gateway_processes = 2\nconnections_per_person = 6\n")
    made.start()
    assert made.healthy(), made.log()
    made.seed(linux_hosts[0])
    yield made
    assert made.stop() == 0, made.log()
    assert made.locum("audit", "verify").returncode == 0


@pytest.fixture
def client(several: Installation, tmp_path: Path) -> Client:
    (tmp_path / "home").mkdir()
    public = (several.data / "public" / "ssh_host_key.pub").read_text().split()
    made = Client(tmp_path / "home", int(several.ssh.rpartition(":")[2]), " ".join(public[:2]))
    made.extra_environment["TEST_PASSWORD"] = USER_PASSWORD
    return made


def carriers(installation: Installation) -> dict[int, set[str]]:
    """The gateway processes, and the connections whose recordings each of them writes."""
    assert installation.process is not None
    found = {}
    for pid in (
        Path(f"/proc/{installation.process.pid}/task/{installation.process.pid}/children").read_text().split()
    ):
        if b"gateway_process" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            continue
        names = (
            os.path.basename(os.readlink(file)) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()
        )
        found[int(pid)] = {name.removesuffix(".locrec") for name in names if name.endswith(".locrec")}
    return found


async def until(condition: Callable[[], Any], timeout: float = 20) -> Any:
    """What `condition` answers when it is true."""
    async with asyncio.timeout(timeout):
        while not (found := await asyncio.to_thread(condition)):
            await asyncio.sleep(0.05)
    return found


@contextlib.asynccontextmanager
async def one_in_each(several: Installation, client: Client) -> AsyncIterator[dict[int, tuple[str, Terminal]]]:
    """Two connections, of which each process is given one: by process, the connection and its terminal."""
    open_there: dict[int, tuple[str, Terminal]] = {}
    async with contextlib.AsyncExitStack() as stack:
        await until(lambda: not any(carriers(several).values()))
        for _ in range(2):
            terminal = await stack.enter_async_context(open_terminal(client, HOST, user=DIRECT))
            await terminal.expect(PROMPT)
            ((pid, name),) = [
                (pid, name)
                for pid, names in carriers(several).items()
                for name in names - {known for known, _ in open_there.values()}
            ]
            open_there[pid] = (name, terminal)
        assert len(open_there) == 2, "one process was given both"
        yield open_there


def session_of(several: Installation, connection_id: str) -> dict[str, Any]:
    """The session of a connection that is open."""
    rows = several.admin().call("GET", "/api/v1/ActivitySession/SummaryByStatus/Active")["data"]
    return next(row for row in rows if connection_id in [one["id"] for one in row["proxySessions"]])


async def test_a_killed_process_costs_its_own_connections_alone(several: Installation, client: Client) -> None:
    before = set(carriers(several))
    assert len(before) == 2
    async with one_in_each(several, client) as open_there:
        (dead, (lost, lost_terminal)), (_, (kept, terminal)) = open_there.items()
        lost_terminal.send(b"echo seen-$((40+2))\r")
        await lost_terminal.expect(rb"seen-42")
        session = await asyncio.to_thread(session_of, several, lost)
        os.kill(dead, signal.SIGKILL)
        assert await lost_terminal.closed() == 255

        # The recording is closed and holds what was shown; the session ends as if its connection had been closed.
        await until(lambda: several.locum("recording", "verify", lost).returncode == 0)
        ended = await asyncio.to_thread(several.user().wait_for_session, session["id"], {3, 4, 5})
        assert (ended["status"], ended["statusDescription"]) == (3, "its connection was closed")
        shown = several.data / "lost.cast"
        assert several.locum("recording", "export", lost, str(shown)).returncode == 0
        assert "seen-42" in shown.read_text()

        # The other process goes on, and another takes the place of the dead.
        terminal.send(b"echo alive-$((20+3))\r")
        await terminal.expect(rb"alive-23")
        fresh = await until(lambda: len(now := set(carriers(several))) == 2 and now)
        assert dead not in fresh
        assert kept in {name for names in carriers(several).values() for name in names}
        assert open_there.keys() - {dead} <= fresh
        async with open_terminal(client, HOST, user=DIRECT) as third:
            await third.expect(PROMPT)
            assert [len(names) for names in carriers(several).values()] == [1, 1]
    assert "the gateway process that carried it was lost" in (await until(lambda: closings(several, lost)))[0]


def closings(several: Installation, connection_id: str) -> list[str]:
    exported = several.data.parent / f"audit-{time.monotonic_ns()}"
    assert several.locum("audit", "export", str(exported)).returncode == 0
    return [
        line for line in exported.read_text().splitlines() if "connection.closed" in line and connection_id in line
    ]


async def test_watching_finding_lock_and_end_reach_every_process(several: Installation, client: Client) -> None:
    async with one_in_each(several, client) as open_there:
        for number, (connection_id, terminal) in enumerate(open_there.values()):
            await reached(several, connection_id, terminal, f"word-{number}-42", number)


async def reached(several: Installation, connection_id: str, terminal: Terminal, text: str, number: int) -> None:
    admin = several.admin()
    terminal.send(f"echo word-{number}-$((40+2))\r".encode())
    await terminal.expect(text.encode())
    await until(lambda: watched(several, connection_id, text))
    await until(lambda: found_lines(admin, text))
    await assisted(several, connection_id, terminal, number)
    session = session_of(several, connection_id)["id"]
    lock = {"activitySessionIds": [session], "locked": True, "lockTitle": "Stop", "lockMessage": "call us"}
    await asyncio.to_thread(admin.call, "PUT", LOCK, lock)
    await terminal.expect(rb"locum: your session is locked: Stop: call us")
    await asyncio.to_thread(admin.call, "PUT", LOCK, {**lock, "locked": False})
    await terminal.expect(rb"locum: your session is unlocked")
    await asyncio.to_thread(admin.call, "DELETE", f"/api/v1/ActivitySession/{session}")
    await terminal.expect(rb"locum: your session ended: ")
    assert await terminal.closed() == 255


async def assisted(several: Installation, connection_id: str, terminal: Terminal, number: int) -> None:
    """Somebody types there beside the person and in their place."""
    with window(several, several.browser(), f"/api/locum/v1/Recording/{connection_id}/Assist") as helper:
        helper.until_told("assisting")
        await terminal.expect(rb"locum: admin assists you now: both of you type here")
        helper.type(f"echo his-{number}-$((40+2))\r")
        await terminal.expect(f"his-{number}-42".encode())
        helper.say(takeOver=True)
        assert helper.until_told("takenOver") is True
        await terminal.expect(rb"locum: admin has taken over")
        terminal.send(b"echo mi''ne\r")
        helper.type(f"echo alone-{number}-$((40+2))\r")
        alone = await terminal.expect(f"alone-{number}-42".encode())
        assert b"mine" not in alone.string[: alone.end()]
    await terminal.expect(rb"locum: admin assists you no more")


@pytest.mark.full  # they are counted in the database, whoever asks
async def test_limits_count_over_all_processes(several: Installation, client: Client) -> None:
    session = ask(several.user())
    await asyncio.to_thread(several.user().wait_for_session, session, {1})
    bound = f"{DIRECT}+~{session}"
    async with contextlib.AsyncExitStack() as stack:
        await until(lambda: not any(carriers(several).values()))
        for _ in range(6):
            terminal = await stack.enter_async_context(open_terminal(client, HOST, user=bound))
            await terminal.expect(PROMPT)
        answer = await client.run(HOST, "true", user=bound)
        assert "you have 6 connections open, and 6 is the most" in answer.err
    await asyncio.to_thread(several.user().call, "DELETE", f"/api/v1/ActivitySession/{session}")


@pytest.mark.full
async def test_all_end_with_the_process_that_started_them(several: Installation, client: Client) -> None:
    async with one_in_each(several, client) as open_there:
        names = [name for name, _ in open_there.values()]
        several.kill()
        for _, terminal in open_there.values():
            assert await terminal.closed() == 255
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in open_there))
    several.start()
    assert several.healthy(), several.log()
    for name in names:
        assert several.locum("recording", "verify", name).returncode == 0


@pytest.mark.full
async def test_a_stop_tells_everybody_and_waits_for_them(several: Installation, client: Client) -> None:
    assert several.process is not None
    async with one_in_each(several, client) as open_there:
        several.process.send_signal(signal.SIGTERM)
        for _, terminal in open_there.values():
            await terminal.expect(rb"locum: Locum is shutting down; this connection ends in 2 seconds")
        for _, terminal in open_there.values():
            assert await terminal.closed() == 255
        names = [name for name, _ in open_there.values()]
    assert await asyncio.to_thread(several.stop) == 0
    for name in names:
        assert several.locum("recording", "verify", name).returncode == 0
    assert "was lost" not in several.log().rpartition("locum is stopping")[2]
    several.start()
    assert several.healthy(), several.log()


def watched(several: Installation, connection_id: str, text: str) -> bool:
    """Whether somebody who watches that connection live is shown this text."""
    admin = several.admin()
    path = f"/api/locum/v1/Recording/{connection_id}/Live"
    tls = ssl.create_default_context(cafile=str(several.data / "public" / "ca.crt"))
    with httpx.stream(
        "GET", f"https://{several.https}{path}", headers={"Authorization": admin.authorization}, verify=tls
    ) as answer:
        assert answer.status_code == 200
        seen = ""
        for part in answer.iter_text():
            seen += part
            if text in seen:
                return True
    return False


def found_lines(admin: ApiClient, text: str) -> bool:
    return bool(admin.call("GET", f"/api/locum/v1/Recording/Text?filterText={text}")["data"])
