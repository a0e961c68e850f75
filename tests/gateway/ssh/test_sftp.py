"""The rules for files over SFTP, request by request, and what a client or a target makes up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh import sftp_packets as wire
from locum.gateway.ssh.sftp import HANDLE_LIMIT, MINE, REQUEST_LIMIT, Guard
from locum.gateway.ssh.sftp_packets import Fields, Malformed

NO_ATTRIBUTES = 0
ANY = {"upload": True, "download": True}


def guard(**rules: Any) -> Guard:
    """One whose client and target have greeted each other."""
    made = Guard(ChannelRules(**rules))
    made.from_client(wire.packet(wire.INIT, 3))
    made.from_target(wire.packet(wire.VERSION_REPLY, 3))
    if made.waiting:
        answer_path(made, "/home/me")
    made.to_target, made.to_client = [], []
    return made


def answer_path(made: Guard, real: str) -> None:
    made.from_target(wire.packet(wire.NAME, MINE, 1, real.encode(), b"", NO_ATTRIBUTES))


def answered(made: Guard) -> tuple[int, int]:
    """The number and the code of the status that the client got last."""
    fields = Fields(made.to_client[-1])
    return fields.u32(), fields.u32()


def u64(number: int) -> tuple[int, int]:
    return number >> 32, number & 0xFFFF_FFFF


def open_file(made: Guard, flags: int, *, handle: bytes = b"h", number: int = 1) -> None:
    made.from_client(wire.packet(wire.OPEN, number, b"/x", flags, NO_ATTRIBUTES))
    made.from_target(wire.packet(wire.HANDLE, number, handle))


def read(number: int, offset: int = 0, handle: bytes = b"h") -> bytes:
    return wire.packet(wire.READ, number, handle, *u64(offset), 100)


def write(number: int, data: bytes, offset: int = 0, handle: bytes = b"h") -> bytes:
    return wire.packet(wire.WRITE, number, handle, *u64(offset), data)


REQUESTS: dict[str, tuple[bytes, set[str]]] = {
    "read": (wire.packet(wire.OPEN, 5, b"/x", 1, NO_ATTRIBUTES), {"download"}),
    "no flags, which is to read": (wire.packet(wire.OPEN, 5, b"/x", 0, NO_ATTRIBUTES), {"download"}),
    "read and create": (wire.packet(wire.OPEN, 5, b"/x", 1 | 8, NO_ATTRIBUTES), {"upload", "download"}),
    "read and truncate": (wire.packet(wire.OPEN, 5, b"/x", 1 | 16, NO_ATTRIBUTES), {"upload", "download"}),
    "create alone": (wire.packet(wire.OPEN, 5, b"/x", 8, NO_ATTRIBUTES), {"upload", "download"}),
    "write": (wire.packet(wire.OPEN, 5, b"/x", 2, NO_ATTRIBUTES), {"upload"}),
    "append": (wire.packet(wire.OPEN, 5, b"/x", 2 | 4, NO_ATTRIBUTES), {"upload"}),
    "both": (wire.packet(wire.OPEN, 5, b"/x", 3, NO_ATTRIBUTES), {"upload", "download"}),
    "setstat": (wire.packet(wire.SETSTAT, 5, b"/x", NO_ATTRIBUTES), {"upload"}),
    "remove": (wire.packet(wire.REMOVE, 5, b"/x"), {"upload"}),
    "mkdir": (wire.packet(wire.MKDIR, 5, b"/x", NO_ATTRIBUTES), {"upload"}),
    "rmdir": (wire.packet(wire.RMDIR, 5, b"/x"), {"upload"}),
    "rename": (wire.packet(wire.RENAME, 5, b"/x", b"/y"), {"upload"}),
    "symlink": (wire.packet(wire.SYMLINK, 5, b"/x", b"/y"), {"upload"}),
    "posix-rename": (wire.packet(wire.EXTENDED, 5, b"posix-rename@openssh.com", b"/x", b"/y"), {"upload"}),
    "hardlink": (wire.packet(wire.EXTENDED, 5, b"hardlink@openssh.com", b"/x", b"/y"), {"upload"}),
    "lsetstat": (wire.packet(wire.EXTENDED, 5, b"lsetstat@openssh.com", b"/x", NO_ATTRIBUTES), {"upload"}),
    "stat": (wire.packet(wire.STAT, 5, b"/x"), set()),
    "lstat": (wire.packet(wire.LSTAT, 5, b"/x"), set()),
    "list": (wire.packet(wire.OPENDIR, 5, b"/x"), set()),
    "readlink": (wire.packet(wire.READLINK, 5, b"/x"), set()),
    "realpath": (wire.packet(wire.REALPATH, 5, b"/x"), set()),
    "statvfs": (wire.packet(wire.EXTENDED, 5, b"statvfs@openssh.com", b"/x"), set()),
    "copy-data": (wire.packet(wire.EXTENDED, 5, b"copy-data", b"h", 0, 0, 0, 0, b"h", 0, 0), {"never"}),
    "an unknown extension": (wire.packet(wire.EXTENDED, 5, b"exec@example.com", b"id"), {"never"}),
    "an unknown type": (wire.packet(99, 5, b"/x"), {"never"}),
    "a handle that nobody has": (wire.packet(wire.READ, 5, b"no", 0, 0, 1), {"never"}),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_each_request_needs_its_right(request_name: str) -> None:
    packet, needs = REQUESTS[request_name]
    for given_rights in (set(), {"upload"}, {"download"}, {"upload", "download"}):
        made = guard(**dict.fromkeys(given_rights, True))
        made.from_client(packet)
        if needs <= given_rights:
            assert (made.to_target, made.to_client) == ([packet], [])
        else:
            assert made.to_target == []
            number, code = answered(made)
            assert number == 5
            assert code in {wire.PERMISSION_DENIED, wire.UNSUPPORTED, wire.FAILURE}


@pytest.mark.parametrize("request_name", [name for name, (_, needs) in REQUESTS.items() if needs != {"never"}])
def test_each_path_is_looked_at_where_directories_are_named(request_name: str) -> None:
    packet, _ = REQUESTS[request_name]
    if request_name == "realpath":
        return
    made = guard(**ANY, paths=("/srv",))
    made.from_client(packet)
    if request_name in {"symlink", "hardlink"}:
        assert answered(made) == (5, wire.PERMISSION_DENIED)
        return
    assert made.waiting
    answer_path(made, "/etc")
    assert packet not in made.to_target
    assert answered(made) == (5, wire.PERMISSION_DENIED)
    allowed = guard(**ANY, paths=("/srv",))
    allowed.from_client(packet)
    while allowed.waiting:
        answer_path(allowed, "/srv")
    assert packet in allowed.to_target


@pytest.mark.parametrize("real", ["srv/x", "/srv/../etc", "//srv/x", "/srv/./x", ""])
def test_a_target_that_answers_nonsense_opens_nothing(real: str) -> None:
    made = guard(**ANY, paths=("/srv",))
    made.from_client(wire.packet(wire.STAT, 5, b"/x"))
    answer_path(made, real)
    assert answered(made) == (5, wire.PERMISSION_DENIED)


def test_what_comes_while_a_path_is_looked_at_waits_in_order() -> None:
    made = guard(**ANY, paths=("/srv",))
    first, second = wire.packet(wire.STAT, 5, b"/srv/x"), wire.packet(wire.REALPATH, 6, b".")
    made.from_client(first + second)
    assert first not in made.to_target
    answer_path(made, "/srv/x")
    assert made.to_target[-2:] == [first, second]


def test_a_handle_gives_no_more_than_it_was_opened_for() -> None:
    made = guard(**ANY)
    open_file(made, 1)
    made.from_client(write(2, b"x"))
    assert answered(made) == (2, wire.PERMISSION_DENIED)
    made.from_client(wire.packet(wire.FSETSTAT, 3, b"h", NO_ATTRIBUTES))
    assert answered(made) == (3, wire.PERMISSION_DENIED)
    open_file(made, 2, handle=b"w", number=4)
    made.from_client(read(5, handle=b"w"))
    assert answered(made) == (5, wire.PERMISSION_DENIED)


def test_sizes_are_kept_to_on_each_way() -> None:
    made = guard(**ANY, max_file_bytes=10)
    open_file(made, 2)
    made.from_client(write(2, b"x", offset=10))
    assert answered(made) == (2, wire.PERMISSION_DENIED)
    for number, kind, what in ((3, wire.SETSTAT, b"/x"), (4, wire.FSETSTAT, b"h")):
        made.from_client(wire.packet(kind, number, what, wire.HAS_SIZE, *u64(11)))
        assert answered(made) == (number, wire.PERMISSION_DENIED)
    open_file(made, 1, handle=b"r", number=5)
    made.from_client(read(6, offset=5, handle=b"r"))
    made.from_target(wire.packet(wire.DATA, 6, b"123456"))
    assert answered(made) == (6, wire.PERMISSION_DENIED)
    assert b"123456" not in b"".join(made.to_client)


def test_appending_is_no_way_round_a_size() -> None:
    made = guard(**ANY, max_file_bytes=10)
    made.from_client(wire.packet(wire.OPEN, 1, b"/x", wire.WRITES | wire.APPENDS, NO_ATTRIBUTES))
    assert answered(made) == (1, wire.PERMISSION_DENIED)
    assert made.to_target == []


def test_writes_that_failed_are_told() -> None:
    made = guard(**ANY)
    open_file(made, 2)
    made.from_client(write(2, b"x"))
    made.from_target(wire.status(2, wire.FAILURE, "disk full"))
    made.from_client(wire.packet(wire.CLOSE, 3, b"h"))
    made.from_target(wire.status(3, wire.OK, ""))
    assert [(one.what, one.size, one.note) for one in made.events] == [
        ("uploaded", 1, "not all of it was written")
    ]


def test_only_what_is_known_of_the_server_is_offered() -> None:
    made = Guard(ChannelRules(**ANY))
    made.from_client(wire.packet(wire.INIT, 6))
    assert made.to_target == [wire.packet(wire.INIT, 3)]
    offer = (b"copy-data", b"1", b"fsync@openssh.com", b"1")
    made.from_target(wire.packet(wire.VERSION_REPLY, 3, *offer))
    assert made.to_client == [wire.packet(wire.VERSION_REPLY, 3, *offer[2:])]


def test_what_a_client_makes_up() -> None:
    with pytest.raises(Malformed):
        Guard(ChannelRules(**ANY)).from_client(wire.packet(wire.STAT, 1, b"/"))
    for again in (1, MINE):
        made = guard(**ANY)
        made.from_client(wire.packet(wire.STAT, 1, b"/"))
        with pytest.raises(Malformed):
            made.from_client(wire.packet(wire.STAT, again, b"/"))
    made = guard(**ANY)
    for number in range(REQUEST_LIMIT):
        made.from_client(wire.packet(wire.STAT, number, b"/"))
    with pytest.raises(Malformed):
        made.from_client(wire.packet(wire.STAT, REQUEST_LIMIT, b"/"))
    made = guard(**ANY)
    for number in range(HANDLE_LIMIT):
        open_file(made, 1, handle=str(number).encode(), number=number)
    made.from_client(wire.packet(wire.OPEN, 9999, b"/x", 1, NO_ATTRIBUTES))
    assert answered(made) == (9999, wire.FAILURE)


def test_what_a_target_makes_up() -> None:
    for packet in (
        wire.status(9, wire.OK, ""),
        wire.packet(wire.NAME, MINE, 0),
        wire.packet(wire.DATA, 1, b"x"),
        wire.packet(wire.VERSION_REPLY, 3),
    ):
        made = guard(**ANY)
        made.from_client(wire.packet(wire.STAT, 1, b"/"))
        with pytest.raises(Malformed):
            made.from_target(packet)
    with pytest.raises(Malformed):
        Guard(ChannelRules(**ANY)).from_target(wire.packet(wire.VERSION_REPLY, 6))
    made = guard(**ANY)
    open_file(made, 1)
    with pytest.raises(Malformed):
        open_file(made, 1, number=2)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 255), st.binary(max_size=30)), max_size=10))
def test_any_packets_get_an_answer(packets: list[tuple[bool, int, bytes]]) -> None:
    made = guard(**ANY, paths=("/srv",), max_file_bytes=5)
    try:
        for by_client, kind, body in packets:
            packet = (len(body) + 1).to_bytes(4) + bytes((kind,)) + body
            (made.from_client if by_client else made.from_target)(packet)
    except Malformed:
        pass
    made.end()
