"""Containers made for tests, byte by byte as the writer makes them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from locum.api.context import Api
from locum.recordings.format import FRAME_CAP, NONCE_SIZE, Encoder, Event, Header, Opening, encode_event
from locum.recordings.key import KEY_PURPOSE
from locum.recordings.reader import Playback
from locum.vault.secret import Secret

RECORDING_ID = UUID("0193537c-5f2a-7000-8000-000000000001")
DATA_KEY = Secret(bytes(range(32)))
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
OPENING = Opening(80, 24, 1_700_000_000, "kim: Linux sudo on web01", "xterm")


def frames(
    chunks: Sequence[Sequence[Event]],
    *,
    recording_id: UUID = RECORDING_ID,
    key: Secret = DATA_KEY,
    wrapped: str = "wrapped",
    reason: str | None = "client left",
) -> list[bytes]:
    """Header with the magic, opening, one chunk for each list of events, and a trailer if there is a reason."""
    encoder, cipher = Encoder(recording_id), AESGCM(key.reveal())
    made = [
        encoder.start(Header(recording_id, wrapped)),
        encoder.opening(cipher, os.urandom(NONCE_SIZE), OPENING),
    ]
    for events in chunks:
        plain = b"".join(encode_event(event) for event in events)
        made.append(bytes(encoder.chunk(cipher, os.urandom(NONCE_SIZE), plain, bytearray(FRAME_CAP))))
    if reason is not None:
        made.append(encoder.trailer(SIGNER, reason)[0])
    return made


def container(*events: Event, reason: str | None = "client left") -> bytes:
    """A whole file with one chunk for each event."""
    return b"".join(frames([[event] for event in events], reason=reason))


def keep(api: Api, connection_id: str, *events: Event, cut: int = 0) -> None:
    """The container of a connection, as the gateway leaves it; `cut` bytes short."""
    key, wrapped = api.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=UUID(connection_id))
    raw = b"".join(
        frames([[event] for event in events], recording_id=UUID(connection_id), key=key, wrapped=wrapped)
    )
    with api.recordings.create(UUID(connection_id)) as file:
        file.write(raw[: len(raw) - cut] if cut else raw)


def playback(raw: bytes, key: Secret = DATA_KEY) -> Playback:
    """Plays bytes in memory."""
    return Playback(io.BufferedReader(io.BytesIO(raw)), key)
