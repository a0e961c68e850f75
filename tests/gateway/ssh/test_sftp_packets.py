"""SFTP packets, also broken ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh import sftp_packets as wire
from locum.gateway.ssh.sftp_packets import Fields, Malformed, Splitter


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 20))
def test_a_stream_in_any_pieces_gives_the_same_packets(bodies: list[bytes], size: int) -> None:
    packets = [wire.packet(wire.DATA, 7, body) for body in bodies]
    stream, splitter = b"".join(packets), Splitter()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [found for piece in pieces for found in splitter.feed(piece)] == packets


@pytest.mark.parametrize("head", [b"\0\0\0\0", b"\xff\xff\xff\xff", (wire.PACKET_LIMIT + 1).to_bytes(4)])
def test_a_length_that_nobody_needs_is_refused(head: bytes) -> None:
    with pytest.raises(Malformed):
        list(Splitter().feed(head + b"\0"))


def test_fields_come_back_in_order() -> None:
    fields = Fields(wire.packet(wire.OPEN, 1, b"name", 0, 5))
    assert (fields.u32(), fields.string(), fields.u64(), fields.more()) == (1, b"name", 5, False)


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (Fields.u32, b"\0\0\0"),
        (Fields.u64, b"\0\0\0\0\0\0\0"),
        (Fields.string, b""),
        (Fields.string, b"\xff\xff\xff\xff"),
    ],
)
def test_a_packet_that_ends_too_early_is_refused(read: Callable[[Fields], int | bytes], body: bytes) -> None:
    packet = (len(body) + 1).to_bytes(4) + bytes((wire.READ,)) + body
    with pytest.raises(Malformed):
        read(Fields(packet))


def test_a_status_says_why() -> None:
    fields = Fields(wire.status(9, wire.FAILURE, "no"))
    assert (fields.u32(), fields.u32(), fields.string()) == (9, wire.FAILURE, b"no")
