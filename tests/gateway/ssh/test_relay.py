"""What the gateway lets through and what it makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from locum.activities.channel_rules import DEFAULT, ChannelRules
from locum.gateway.ssh.relay import (
    ENVIRONMENT_LIMIT,
    MASK,
    PENDING_LIMIT,
    REASONS,
    Flow,
    PromptMask,
    Refusal,
    cast_size,
    may_set,
    printable,
    refuse_exec,
    refuse_shell,
    refuse_subsystem,
    terminal_line,
)


def kind(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.kind


def test_a_transfer_is_refused_with_the_name_of_the_tool() -> None:
    refusal = refuse_exec(DEFAULT, "/usr/bin/scp -t /tmp")
    assert refusal is not None
    assert refusal.asked == "exec scp"
    assert "file transfer" in refusal.reason
    assert refuse_exec(DEFAULT, "id") is None


@pytest.mark.parametrize(
    ("name", "expected"), [("sftp", "file"), ("netconf", "subsystem"), ("\x1b[31m", "subsystem")]
)
def test_no_subsystem_is_let_through(name: str, expected: str) -> None:
    refusal = refuse_subsystem(DEFAULT, name)
    assert refusal is not None
    assert refusal.kind == expected
    assert "\x1b" not in refusal.asked
    assert refusal.reason == REASONS[expected]


UP, DOWN, BOTH = ChannelRules(upload=True), ChannelRules(download=True), ChannelRules(upload=True, download=True)


@pytest.mark.parametrize(
    ("rules", "command", "expected"),
    [
        (UP, "scp -t x", None),
        (UP, "scp -f x", "file"),
        (DOWN, "scp -f x", None),
        (DOWN, "scp -t x", "file"),
        (UP, "rsync --server . x", None),
        (UP, "rsync --server --sender . x", "file"),
        (DOWN, "rsync --server --sender . x", None),
        (DOWN, "rsync --server . x", "file"),
        (BOTH, "sftp-server", "file-tool"),
        (BOTH, "sudo scp -t x", "file-tool"),
        (BOTH, "scp -t x; id", "file-tool"),
        (replace(BOTH, paths=("/srv",)), "scp -t x", "file-tool"),
        (replace(BOTH, paths=("/srv",)), "rsync --server . x", "file-tool"),
        (replace(BOTH, max_file_bytes=1), "rsync --server . x", "file-tool"),
        (replace(BOTH, max_file_bytes=1), "scp -t x", None),
        (replace(BOTH, command=False), "rsync --server . x", "file-tool"),
        (replace(BOTH, command=False), "scp -t x", None),
        (replace(BOTH, command=False), "id", "command"),
        (replace(DEFAULT, command=False), "scp -t x", "file"),
    ],
)
def test_what_runs_as_a_command(rules: ChannelRules, command: str, expected: str | None) -> None:
    assert kind(refuse_exec(rules, command)) == expected


def test_shells_and_sftp_as_the_profile_says() -> None:
    assert refuse_shell(DEFAULT) is None
    assert kind(refuse_shell(replace(DEFAULT, shell=False))) == "shell"
    for rules in (UP, DOWN):
        assert refuse_subsystem(rules, "sftp") is None
        assert kind(refuse_subsystem(rules, "netconf")) == "subsystem"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        (b"LANG", b"de_DE.UTF-8", True),
        (b"LC_ALL", b"C", True),
        (b"LC_TIME", b"sr_RS@latin", True),
        (b"TERM", b"xterm-256color", True),
        (b"LD_PRELOAD", b"/tmp/x.so", False),
        (b"PATH", b"/tmp", False),
        (b"LC_", b"C", False),
        (b"LANGUAGE", b"de", False),
        (b"LANG", b"$(id)", False),
        (b"LANG", b"() { :;}; id", False),
        (b"LANG", b"x" * 129, False),
        (b"LANG\n", b"C", False),
        (b"LANG", b"C\n", False),
        (b"\xff", b"C", False),
    ],
)
def test_only_language_and_terminal_may_be_set(name: bytes, value: bytes, allowed: bool) -> None:
    assert may_set(name, value, 0) is allowed
    assert not may_set(name, value, ENVIRONMENT_LIMIT)


def test_what_is_shown_on_a_terminal_is_escaped() -> None:
    """SEC-22."""
    hostile = "a\x1b]0;owned\x07b\x9b31mc\u202ed\u200be\r\nf"
    assert printable(hostile) == "a�]0;owned�b�31mc�d�e��f"
    assert terminal_line("web01\x1b[2J") == "locum: web01�[2J\r\n".encode()


@given(st.text())
def test_a_line_stays_one_line_without_control_characters(text: str) -> None:
    line = terminal_line(text).decode()
    assert line.endswith("\r\n")
    assert line[:-2].isprintable() or not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line[:-2])


@pytest.mark.parametrize(
    ("said", "shown"), [((80, 24), (80, 24)), ((0, 0), (80, 24)), ((0, 50), (80, 50)), ((2**32 - 1, 1), (1000, 1))]
)
def test_the_size_of_a_recording_can_be_shown(said: tuple[int, int], shown: tuple[int, int]) -> None:
    assert cast_size(*said) == b"%dx%d" % shown


def test_reading_stops_while_too_much_is_on_its_way_or_a_writer_waits() -> None:
    flow = Flow()
    assert flow.open
    flow.pending = PENDING_LIMIT
    assert not flow.open
    flow.pending = PENDING_LIMIT - 1
    assert flow.open
    flow.blocked.add("channel")
    assert not flow.open


PROMPTS = [
    b"Password: ",
    b"[sudo] password for alice: ",
    b"\x1b[1m[sudo] password for alice:\x1b[0m ",
    b"Enter passphrase for key '/root/.ssh/id_ed25519': ",
    b"alice@db01's password: ",
    b"Verification code: ",
    b"Enter PIN: ",
    "[sudo] Passwort für alice: ".encode(),
    b"Mot de passe : ",
    "Contraseña: ".encode(),
    b"Enter password>",
    b"$ sudo id\r\n[sudo] password for alice: ",
    b"Password: ***",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_is_typed_at_a_prompt_is_masked(prompt: bytes) -> None:
    mask = PromptMask()
    mask.output(prompt)
    assert mask.input(b"hunter2\r") == MASK + b"\r"
    mask.output(b"\r\n$ ")
    assert mask.input(b"id\r") == b"id\r"


def test_the_length_of_a_secret_typed_key_by_key_is_not_kept() -> None:
    mask = PromptMask()
    for piece in (b"[sudo] pass", b"word for", b" alice: "):
        mask.output(piece)
    assert b"".join(mask.input(bytes([key])) for key in b"hunter2\r") == MASK + b"\r"


def test_a_prompt_that_echoes_asterisks_stays_masked() -> None:
    mask = PromptMask()
    mask.output(b"Password: ")
    kept = b""
    for key in b"hunter2":
        kept += mask.input(bytes([key]))
        mask.output(b"*")
    assert kept == MASK


def test_an_answer_typed_ahead_is_masked_until_the_target_speaks() -> None:
    mask = PromptMask()
    mask.output(b"New password: ")
    assert mask.input(b"hunter2\rhunter2\r") == MASK + b"\r\r"
    mask.output(b"\r\nRetype new password: ")
    assert mask.input(b"\r") == b"\r"
    mask.output(b"\r\nSorry, try again.\r\nNew password: ")
    assert mask.input(b"hunter3\r") == MASK + b"\r"


@pytest.mark.parametrize(
    "said", [b"$ ", b"alice@web01:~$ ", b"passwords are kept in /etc/shadow\r\n$ ", b"# the password is set", b""]
)
def test_ordinary_input_is_kept(said: bytes) -> None:
    mask = PromptMask()
    mask.output(said)
    assert mask.input(b"rm -rf /\r") == b"rm -rf /\r"


def test_a_forged_prompt_hides_little() -> None:
    mask = PromptMask()
    mask.output(b"Password: ")
    hidden = mask.input(b"x" * 1024)
    assert hidden == MASK
    assert mask.input(b"and now in clear") == b"and now in clear"


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=64)), max_size=20))
def test_input_comes_out_whole_or_masked_whatever_is_said(steps: list[tuple[bool, bytes]]) -> None:
    mask = PromptMask()
    for is_output, data in steps:
        if is_output:
            mask.output(data)
        else:
            kept = mask.input(data)
            assert kept == data or MASK in kept or not kept.strip(b"\r\n\x03\x04")
