"""`locum recording play` in a real terminal, with and without a running server."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from installation import LOCUM, Installation
from locum.kit.ids import new_id
from locum.main.operate import offline_console
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE
from locum.recordings.store import Store
from recorded import frames

EVENTS = (
    Event(0.1, "o", b"$ sudo id\r\n"),
    Event(0.2, "i", b"hunter2"),
    Event(30.0, "o", b"\x1b]52;c;cm0gLXJm\x07uid=0(root)\x1b[6n\r\n"),
    Event(900.0, "o", b"the end\r\n"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("recordings") / "data")
    installation.prepare()
    yield installation
    installation.stop()


@pytest.fixture(scope="module")
def connection(made: Installation) -> str:
    recording_id = new_id()
    with offline_console(made.data, None) as console:
        key, wrapped = console.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=recording_id)
    raw = b"".join(frames([EVENTS], recording_id=recording_id, key=key, wrapped=wrapped))
    with Store(made.data / "recordings").create(recording_id) as file:
        file.write(raw)
    return str(recording_id)


def played(made: Installation, *arguments: str) -> pexpect.spawn:
    command = ["recording", "play", "--data-dir", str(made.data), *arguments]
    # Whoever starts the tests in the background has Ctrl+C ignored by all that they start.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return pexpect.spawn(str(LOCUM), command, encoding="utf-8", timeout=30, preexec_fn=heard)


@pytest.mark.parametrize("server", [False, True])
def test_it_plays_in_a_terminal_and_drives_it_nowhere(made: Installation, connection: str, server: bool) -> None:
    if server:
        made.start()
    terminal = played(made, connection, "--longest-pause", "0.3", "--speed", "3")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert terminal.before.startswith("$ sudo id\r\nuid=0(root)\r\nthe end\r\n\x1b[!p")
    assert "hunter2" not in terminal.before
    assert "\x1b]" not in terminal.before
    assert "\x1b[6n" not in terminal.before


def test_from_an_offset_on_what_came_before_is_there_at_once(made: Installation, connection: str) -> None:
    began = time.monotonic()
    terminal = played(made, connection, "--from", "0:14:59.5")
    terminal.expect("uid=0")
    assert time.monotonic() - began < dt.timedelta(seconds=20).total_seconds()
    terminal.expect("the end")


def test_ctrl_c_puts_the_terminal_back(made: Installation, connection: str) -> None:
    terminal = played(made, connection)
    terminal.expect("sudo id")
    terminal.sendintr()
    terminal.expect_exact("\x1b[?25h")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130


@pytest.mark.parametrize(
    "arguments", ["--from=-1", "--from=1:2:3:4", "--from=soon", "--from=inf", "--speed=0", "--longest-pause=-1"]
)
def test_what_makes_no_sense_is_refused(made: Installation, connection: str, arguments: str) -> None:
    done = made.locum("recording", "play", connection, arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_one_that_is_not_there(made: Installation, tmp_path: Path) -> None:
    done = made.locum("recording", "play", str(new_id()))
    assert (done.returncode, done.stderr) == (2, "locum: there is no such recording\n")
