"""A session in a browser's terminal: a real server, a real host, and the WebSocket that the console's page opens."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pexpect
import pytest
from demo.client import Client, Refused
from demo.hosts import Host
from websockets.exceptions import ConnectionClosed, InvalidStatus

from browser_terminal import Window, cookies_of, dial, path_of, terminal, ticket, window
from installation import USER, USER_PASSWORD, Installation, ask

ACTIVE = 1
SSH_OPTIONS = ["-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR"]
PROFILES = "/api/v1/ConnectionProfile"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("terminal") / "data")
    made.prepare()
    made.start()
    made.seed(linux_hosts[0])
    yield made
    made.stop()


@pytest.fixture
def alice(installed: Installation) -> Iterator[httpx.Client]:
    http = installed.browser(USER, USER_PASSWORD, "0")
    yield http
    http.close()


@pytest.fixture
def session(installed: Installation) -> Iterator[str]:
    """A session of Alice's on web01 that is ready."""
    user = installed.user()
    session_id = ask(user)
    assert user.wait_for_session(session_id, {ACTIVE})["status"] == ACTIVE
    yield session_id
    if user.call("GET", f"/api/v1/ActivitySession/{session_id}")["status"] == ACTIVE:
        user.call("DELETE", f"/api/v1/ActivitySession/{session_id}")


def allow(admin: Client, **rules: Any) -> None:
    (default,) = admin.call("GET", PROFILES)
    admin.call("PUT", f"{PROFILES.replace('v1', 'locum/v1')}/{default['id']}/ChannelRules", rules)


def connection_of(admin: Client, session_id: str) -> str:
    rows = admin.call("GET", "/api/v1/ActivitySession/SummaryByStatus/Active")["data"]
    (row,) = [row for row in rows if row["id"] == session_id]
    return str(row["proxySessions"][-1]["id"])


def recorded(installed: Installation, connection_id: str) -> str:
    """What the recording has, once it is closed."""
    until = time.monotonic() + 30
    http = installed.browser()
    while (answer := http.get(f"/api/locum/v1/Recording/{connection_id}/Cast")).status_code != 200:
        assert time.monotonic() < until, answer.text
        time.sleep(0.2)
    return answer.text


def take_over(helper: Window, taken: bool) -> None:
    helper.told.pop("takenOver", None)
    helper.say(takeOver=taken)
    assert helper.until_told("takenOver") is taken


def the_end(opened: Window) -> str:
    """The reason of the end, and that nothing comes behind it."""
    reason = str(opened.until_told("ended"))
    with pytest.raises(ConnectionClosed):
        opened.next()
    return reason


def test_a_shell_like_any_other(installed: Installation, alice: httpx.Client, session: str) -> None:
    """What is typed runs on the host as that account, is recorded, is held up by a lock, and ends with its reason."""
    admin = installed.admin()
    with terminal(installed, alice, session) as opened:
        opened.type("stty size; sudo id -u; echo we''re in\r")
        opened.until("were in")
        assert b"30 100\r\n0\r\n" in opened.shown
        opened.say(columns=90, rows=20)
        opened.type("stty size\r")
        opened.until("20 90")
        connection_id = connection_of(admin, session)
        lock = {"activitySessionIds": [session], "locked": True, "lockMessage": "wait a moment"}
        admin.call("PUT", "/api/v1/ActivitySession/lock", lock)
        opened.until("locum: your session is locked: wait a moment")
        admin.call("PUT", "/api/v1/ActivitySession/lock", {**lock, "locked": False})
        opened.until("locum: your session is unlocked")
        admin.call("DELETE", f"/api/v1/ActivitySession/{session}")
        assert the_end(opened) == "your session ended: ended by admin"
        assert b"locum: your session ended" in opened.shown
    cast = recorded(installed, connection_id)
    assert "were in" in cast
    assert "90x20" in cast


def test_somebody_types_beside_the_person_and_in_their_place(installed: Installation, session: str) -> None:
    """In a real ssh client: the person is told, and so are both logs and the recording. A lock holds for both."""
    admin, user = installed.admin(), installed.user()
    name = user.call("GET", f"/api/v1/ActivitySession/Ssh/{session}").removeprefix("ssh://").rsplit("@", 1)[0]
    shell = pexpect.spawn(
        "ssh", [*SSH_OPTIONS, "-p", installed.ssh.split(":")[1], f"{name}@127.0.0.1"], timeout=30
    )
    shell.expect("[Pp]assword: ")
    shell.sendline(USER_PASSWORD)
    shell.expect(r"\$ $")
    connection_id = connection_of(admin, session)
    path = f"/api/locum/v1/Recording/{connection_id}/Assist"
    with pytest.raises(Refused) as refused:
        user.call("POST", path)
    assert refused.value.status == 403
    with window(installed, installed.browser(), path) as helper:
        helper.until_told("assisting")
        shell.expect("locum: admin assists you now: both of you type here")
        helper.type("echo from-$((20+3))\r")
        shell.expect("from-23")
        take_over(helper, True)
        shell.expect("locum: admin has taken over")
        shell.sendline("echo mi''ne")
        helper.type("echo his-$((20+3))\r")
        shell.expect("his-23")
        assert b"mine" not in shell.before.replace(b"''", b"")
        take_over(helper, False)
        shell.expect("locum: admin has given the terminal back")
        shell.sendline("echo own-$((20+3))")
        shell.expect("own-23")
        lock = {"activitySessionIds": [session], "locked": True}
        admin.call("PUT", "/api/v1/ActivitySession/lock", lock)
        shell.expect("locum: your session is locked")
        helper.type("echo loc''ked\r")
        take_over(helper, False)  # answered behind what was typed
        admin.call("PUT", "/api/v1/ActivitySession/lock", {**lock, "locked": False})
        shell.expect("locum: your session is unlocked")
        with window(installed, installed.browser(), path) as second:
            assert second.until_told("ended") == "admin assists there already"
    shell.expect("locum: admin assists you no more")
    assert b"locked" not in shell.before
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    told = [row["action"] for row in admin.call("GET", "/api/locum/v1/AuditEvent?filterText=connection.")["data"]]
    steps = {"assisted", "taken_over", "given_back", "assist_ended"}
    assert {f"connection.{one}" for one in steps} <= set(told)
    log = user.call("GET", f"/api/v1/ActivitySession/{session}/Log?skip=0&take=100")["lines"]
    assert any("admin takes over" in line["logMessage"] for line in log)
    user.call("DELETE", f"/api/v1/ActivitySession/{session}")
    assert "from here on typed by admin" in recorded(installed, connection_id)


def test_it_ends_with_the_sign_in(installed: Installation, alice: httpx.Client, session: str) -> None:
    with terminal(installed, alice, session) as opened:
        assert alice.post("/api/locum/v1/SignOut").status_code in (200, 204)
        assert "sign in again" in the_end(opened)
        assert opened.socket.close_code == 4401


def test_a_session_that_lives_is_entered_again(installed: Installation, alice: httpx.Client, session: str) -> None:
    for word in ("first", "second"):
        with terminal(installed, alice, session) as opened:
            opened.type(f"echo {word}-$((20+3)); exit\r")
            opened.until(f"{word}-23")
            assert the_end(opened) == "the shell has ended"


def test_nothing_but_ones_own_page_with_a_ticket_gets_in(
    installed: Installation, alice: httpx.Client, session: str
) -> None:
    """The cookie alone is nothing, nor is a ticket used twice, of another session, or handed in from another site."""
    path, cookie = path_of(session), cookies_of(alice)
    ours = f"https://{installed.https}"
    for headers, status in (
        ({"Origin": ours}, 401),
        ({"Cookie": cookie, "Origin": "https://elsewhere.example"}, 403),
        ({"Cookie": cookie}, 403),
    ):
        with pytest.raises(InvalidStatus) as refused:
            dial(installed, path, headers)
        assert refused.value.response.status_code == status
        assert json.loads(refused.value.response.body)["detail"]
    with pytest.raises(InvalidStatus) as refused:
        dial(installed, "/api/v1/Health", {})
    assert refused.value.response.status_code == 400
    other = "00000000-0000-4000-8000-000000000001"
    good = ticket(alice, path)
    with dial(installed, path, {"Cookie": cookie, "Origin": ours}) as socket:
        opened = Window(socket)
        opened.say(ticket=good, columns=80, rows=24)
        opened.until_told("terminal")
    for text in ("", good):
        with dial(installed, path, {"Cookie": cookie, "Origin": ours}) as socket:
            opened = Window(socket)
            opened.say(ticket=text, columns=80, rows=24)
            assert "the ticket is not valid" in the_end(opened)
    with pytest.raises(InvalidStatus) as refused:
        dial(installed, path_of(other), {"Cookie": cookie, "Origin": ours})
    assert refused.value.response.status_code == 404
    assert alice.post(path_of(other)).status_code == 404
    assert alice.get(path).status_code == 400


def test_a_window_that_shows_nothing_holds_the_target_up(
    installed: Installation, alice: httpx.Client, session: str
) -> None:
    """Of a flood the server sends half a megabyte ahead, and the rest when the window is done with that."""
    with terminal(installed, alice, session) as opened:
        opened.type("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo do''ne\r")
        pending = 0
        with suppress(TimeoutError):
            while message := opened.socket.recv(timeout=2):
                pending += len(message)
        assert 500_000 < pending < 600_000
        opened.say(shown=pending)
        opened.until("done")
        opened.socket.send("x" * 70_000)
        with suppress(ConnectionClosed):
            opened.until_told("nothing: it is closed")
        assert opened.socket.close_code == 1009


def test_a_large_paste_comes_back_whole(installed: Installation, alice: httpx.Client, session: str) -> None:
    """More is typed than fits on the way, to a program that answers with all of it."""
    with terminal(installed, alice, session) as opened:
        opened.type("stty raw -echo; echo re''ady; head -c 1500000; stty sane; echo fi''nished\r")
        opened.until("ready")
        pasting = threading.Thread(target=lambda: [opened.socket.send(b"y" * 15_000) for _ in range(100)])
        pasting.start()
        opened.until("finished")
        pasting.join()
        assert opened.shown.count(b"y" * 1000) >= 1490


def test_files_go_where_the_profile_lets_them(
    installed: Installation, alice: httpx.Client, session: str, tmp_path: Path
) -> None:
    """Up and down whole, with a digest in the audit log; what is not allowed is refused with its reason."""
    admin = installed.admin()
    with terminal(installed, alice, session) as opened:
        assert (opened.told["upload"], opened.told["download"]) == (False, False)
        refused = alice.get(f"/api/locum/v1/Terminal/{opened.told['terminal']}/Folder")
        assert refused.status_code == 403
        assert "file transfer is not allowed" in refused.json()["detail"]
    allow(admin, upload=True, download=True)
    content = os.urandom(3_000_000)
    with terminal(installed, alice, session) as opened:
        files = f"/api/locum/v1/Terminal/{opened.told['terminal']}"
        home = alice.get(f"{files}/Folder").json()["path"]
        place = {"path": f"{home}/ä b"}
        assert alice.put(f"{files}/File", params=place, content=content).json()["size"] == len(content)
        assert alice.put(f"{files}/File", params=place, content=b"x").status_code == 409
        found = {one["name"]: one for one in alice.get(f"{files}/Folder").json()["entries"]}
        assert (found["ä b"]["kind"], found["ä b"]["size"]) == ("file", len(content))
        got = alice.get(f"{files}/File", params=place)
        assert got.content == content
        assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b"
        assert alice.get(f"{files}/File", params={"path": f"{home}/none"}).status_code == 404
        assert alice.get(f"{files}/File", params={"path": home}).status_code == 400
        assert len(alice.get(f"{files}/File", params={"path": "/proc/self/environ"}).content) > 10
        somebody = installed.browser()
        assert somebody.get(f"{files}/Folder").status_code == 404
    assert alice.get(f"{files}/Folder").status_code == 404
    digest = hashlib.sha256(content).hexdigest()
    rows = admin.call("GET", "/api/locum/v1/AuditEvent?filterText=connection.file")["data"]
    assert sum(digest in json.dumps(row) for row in rows) >= 2
    allow(admin, upload=False, download=False)
