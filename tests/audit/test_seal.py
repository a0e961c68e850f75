"""The chain's encoding: fixed for ever, and different for any two events."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from locum.audit.seal import GENESIS, Checkpoint, Event, is_signed, link, sign

AT = dt.datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)
EVENT = Event(7, AT, UUID(int=1), "alice", None, "api_key.generated", "identity", UUID(int=2), "ok", "{}")

texts = st.text(max_size=20)
events = st.builds(
    Event,
    st.integers(1, 5),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.none() | st.uuids(),
    texts,
    st.none() | texts,
    texts,
    st.none() | texts,
    st.none() | st.uuids(),
    texts,
    texts,
)


def test_the_encoding_is_what_an_auditor_reads_in_the_docstring() -> None:
    """Written out by hand: if this changes, every log that exists fails to verify."""

    def field(value: bytes | None) -> bytes:
        return b"\0" if value is None else b"\1" + struct.pack(">I", len(value)) + value

    micros = 1772368215123456
    fields = [
        UUID(int=1).bytes,
        b"alice",
        None,
        b"api_key.generated",
        b"identity",
        UUID(int=2).bytes,
        b"ok",
        b"{}",
    ]
    text = b"locum audit seal 1\n" + struct.pack(">Q", 3) + GENESIS + struct.pack(">Qq", 7, micros)
    assert link(3, GENESIS, EVENT) == hashlib.sha256(text + b"".join(map(field, fields))).digest()


@given(one=events, other=events)
def test_different_events_have_different_hashes(one: Event, other: Event) -> None:
    assert (one == other) == (link(1, GENESIS, one) == link(1, GENESIS, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"actor_name": "ab", "address": "c"}, {"actor_name": "a", "address": "bc"}),
        ({"address": None}, {"address": ""}),
        ({"actor_id": None, "object_id": UUID(int=3)}, {"actor_id": UUID(int=3), "object_id": None}),
        ({"at": AT}, {"at": AT + dt.timedelta(microseconds=1)}),
    ],
)
def test_fields_do_not_run_into_each_other(one: dict[str, object], other: dict[str, object]) -> None:
    def hashed(changes: dict[str, object]) -> bytes:
        return link(1, GENESIS, msgspec.structs.replace(EVENT, **changes))

    assert hashed(one) != hashed(other)


def test_place_and_past_count() -> None:
    assert len({link(1, GENESIS, EVENT), link(2, GENESIS, EVENT), link(1, bytes(31) + b"\1", EVENT)}) == 3


def test_a_checkpoint_verifies_under_its_key_alone() -> None:
    key, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    checkpoint = sign(key, 9, bytes(32), AT)
    assert is_signed(key.public_key(), checkpoint)
    assert not is_signed(stranger.public_key(), checkpoint)


@pytest.mark.parametrize(
    "changes", [{"seq": 10}, {"hash": b"\1" * 32}, {"at": AT + dt.timedelta(seconds=1)}, {"signature": bytes(64)}]
)
def test_every_field_of_a_checkpoint_is_signed(changes: dict[str, object]) -> None:
    key = Ed25519PrivateKey.generate()
    changed = msgspec.structs.replace(sign(key, 9, bytes(32), AT), **changes)
    assert not is_signed(key.public_key(), changed)


def test_a_checkpoint_is_the_same_after_json() -> None:
    checkpoint = sign(Ed25519PrivateKey.generate(), 9, bytes(32), AT)
    assert msgspec.json.decode(msgspec.json.encode(checkpoint), type=Checkpoint) == checkpoint
