"""The old protocol of `scp`, as it should be spoken and otherwise."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.commands import Transfer
from locum.gateway.ssh.scp import AHEAD_LIMIT, ScpGuard
from locum.gateway.ssh.sftp_packets import Malformed

UP = Transfer("scp", True, "/srv")
BOTH = ChannelRules(upload=True, download=True)


def upload(**rules: int) -> ScpGuard:
    return ScpGuard(ChannelRules(upload=True, **rules), UP)


def passed(guard: ScpGuard) -> bytes:
    return b"".join(guard.to_target)


def test_nothing_passes_before_it_is_asked_for() -> None:
    guard = upload()
    assert guard.waiting
    guard.from_client(b"C0644 3 a\nabc\0C0644 1 b\n")
    assert passed(guard) == b""
    guard.from_target(b"\0")
    assert passed(guard) == b"C0644 3 a\n"
    guard.from_target(b"\0")
    assert passed(guard) == b"C0644 3 a\nabc\0"
    assert guard.events == []
    guard.from_target(b"\0")
    (event,) = guard.events
    assert (event.path, event.size, event.sha256) == ("/srv/a", 3, hashlib.sha256(b"abc").hexdigest())
    assert b"".join(guard.to_client) == b"\0\0\0"
    assert guard.notes == ["file opened to upload: /srv/a", "file opened to upload: /srv/b"]


def test_a_file_that_is_not_taken_is_not_among_those_that_moved() -> None:
    guard = upload()
    guard.from_target(b"\0")
    guard.from_client(b"C0644 3 a\n")
    guard.from_target(b"\x01scp: no\n")
    guard.from_client(b"C0644 1 b\n")
    guard.from_target(b"\0")
    guard.from_client(b"x\x01read error\n")
    guard.from_target(b"\x01disk full\n")
    assert [(one.path, one.note) for one in guard.events] == [
        ("/srv/b", "the source had an error, closed with an error")
    ]


def test_half_a_file_is_told_as_one() -> None:
    guard = upload()
    guard.from_target(b"\0\0")
    guard.from_client(b"C0644 3 a\n")
    guard.from_target(b"\0")
    guard.from_client(b"ab")
    guard.end()
    guard.end()
    assert [(one.size, one.note) for one in guard.events] == [(2, "not all of it")]


def test_directories_are_part_of_the_name() -> None:
    guard = ScpGuard(BOTH, Transfer("scp", False, "tree"))
    said = (b"T1 0 2 0\n", b"D0755 0 tree\n", b"D0755 0 below\n", b"C0644 0 a\n", b"\0", b"E\n", b"E\n")
    for record in said:
        guard.from_client(b"\0")
        guard.from_target(record)
    assert b"".join(guard.to_client) == b"".join(said)
    assert [one.path for one in guard.events] == ["tree/below/a"]


@pytest.mark.parametrize(
    "record",
    [b"C0644 9 a/b\n", b"C0644 -1 a\n", b"X\n", b"E\n", b"C0644 x a\n", b"D0755 0 a/b\n", b"\n", b"C" * 9000,
     b"C0644 2 large\n"],
)  # fmt: skip
def test_other_records_end_it(record: bytes) -> None:
    guard = upload(max_file_bytes=1)
    guard.from_target(b"\0")
    with pytest.raises(Malformed):
        guard.from_client(record)
    assert passed(guard) == b""


def test_who_does_not_wait_fills_no_memory() -> None:
    guard = ScpGuard(BOTH, Transfer("scp", False, "x"))
    with pytest.raises(Malformed):
        guard.from_target(bytes(AHEAD_LIMIT + 1))
    with pytest.raises(Malformed):
        upload().from_target(b"\x01" * 9000)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=20)), max_size=20))
def test_any_talk_gets_an_answer(talk: list[tuple[bool, bytes]]) -> None:
    guard = upload()
    try:
        for by_client, data in talk:
            (guard.from_client if by_client else guard.from_target)(data)
    except Malformed:
        pass
    guard.end()
