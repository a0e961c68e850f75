"""PURE. The hash chain over events and the signed checkpoints on it: what an auditor has to compute.

The hash of seal n is SHA-256 over a label, n, the hash of seal n-1 (32 zero bytes before the first) and the event.
Every field is preceded by its presence and length, so no two events have the same encoding. A checkpoint is an
Ed25519 signature over (n, hash of seal n, time). The labels carry the version of the encoding.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Annotated
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

GENESIS = bytes(32)

_LINK_LABEL = b"locum audit seal 1\n"
_CHECKPOINT_LABEL = b"locum audit checkpoint 1\n"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing somebody did or was refused. `detail` is canonical JSON."""

    id: Number
    at: Instant
    actor_id: UUID | None
    actor_name: str
    address: str | None
    action: str
    object_kind: str | None
    object_id: UUID | None
    outcome: str
    detail: str


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One link of the chain. `seq` counts from 1 without gaps; event ids may have gaps and come out of order."""

    seq: Number
    event_id: Number
    previous: Hash
    hash: Hash


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signed: at `at` the chain had `seq` links and ended in `hash`."""

    seq: Number
    hash: Hash
    at: Instant
    signature: Signature


def link(seq: int, previous: bytes, event: Event) -> bytes:
    """The hash of seal `seq`, which stands for the event and for everything before it."""
    return hashlib.sha256(
        b"".join(
            (
                _LINK_LABEL,
                seq.to_bytes(8, "big"),
                previous,
                event.id.to_bytes(8, "big"),
                _micros(event.at),
                _field(event.actor_id.bytes if event.actor_id else None),
                _field(event.actor_name.encode()),
                _field(event.address.encode() if event.address is not None else None),
                _field(event.action.encode()),
                _field(event.object_kind.encode() if event.object_kind is not None else None),
                _field(event.object_id.bytes if event.object_id else None),
                _field(event.outcome.encode()),
                _field(event.detail.encode()),
            )
        )
    ).digest()


def sign(key: Ed25519PrivateKey, seq: int, chain_hash: bytes, at: dt.datetime) -> Checkpoint:
    """A checkpoint on the chain's end."""
    return Checkpoint(seq, chain_hash, at, key.sign(_signed(seq, chain_hash, at)))


def is_signed(key: Ed25519PublicKey, checkpoint: Checkpoint) -> bool:
    """Whether the signature is that key's over these values."""
    try:
        key.verify(checkpoint.signature, _signed(checkpoint.seq, checkpoint.hash, checkpoint.at))
    except InvalidSignature:
        return False
    return True


def _signed(seq: int, chain_hash: bytes, at: dt.datetime) -> bytes:
    return _CHECKPOINT_LABEL + seq.to_bytes(8, "big") + chain_hash + _micros(at)


def _micros(at: dt.datetime) -> bytes:
    return ((at - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True)


def _field(value: bytes | None) -> bytes:
    return b"\x00" if value is None else b"\x01" + len(value).to_bytes(4, "big") + value
