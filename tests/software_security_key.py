"""An SSH agent whose keys say that they are FIDO2 security keys, so that the real `ssh` signs in with such keys.

It speaks four messages of the agent protocol (draft-ietf-sshm-ssh-agent): list (11, 12) and sign (13, 14). What it
signs is what a device signs (OpenSSH's PROTOCOL.u2f): SHA-256 of the application, flags, counter, SHA-256 of the data.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from asyncssh.packet import MPInt, SSHPacket, String
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = "sk-ssh-ed25519@openssh.com"
ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
APPLICATION = b"ssh:"
TOUCHED = 0x01

FAILURE, LIST, LISTED, SIGN, SIGNED = 5, 11, 12, 13, 14


class SecurityKey:
    """One key of a device. `flags` without TOUCHED: it signs although nobody touched it."""

    def __init__(self, algorithm: str = ED25519, *, flags: int = TOUCHED) -> None:
        self.algorithm = algorithm
        self.flags = flags
        self.signatures = 0
        self._ed25519 = Ed25519PrivateKey.generate() if algorithm == ED25519 else None
        self._ecdsa = ec.generate_private_key(ec.SECP256R1())

    @property
    def blob(self) -> bytes:
        """The public key as SSH has it."""
        if self._ed25519 is not None:
            raw = self._ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return String(ED25519) + String(raw) + String(APPLICATION)
        point = self._ecdsa.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return String(ECDSA) + String("nistp256") + String(point) + String(APPLICATION)

    @property
    def line(self) -> str:
        """The content of the `.pub` file."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()} a security key"

    def sign(self, data: bytes) -> bytes:
        """A signature as SSH has it."""
        self.signatures += 1
        tail = struct.pack(">BI", self.flags, self.signatures)
        signed = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        if self._ed25519 is not None:
            return String(ED25519) + String(self._ed25519.sign(signed)) + tail
        r, s = decode_dss_signature(self._ecdsa.sign(signed, ec.ECDSA(hashes.SHA256())))
        return String(ECDSA) + String(MPInt(r) + MPInt(s)) + tail


@contextlib.asynccontextmanager
async def agent(socket: Path, keys: Sequence[SecurityKey]) -> AsyncIterator[None]:
    """Serve the keys on a socket, for SSH_AUTH_SOCK."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (size,) = struct.unpack(">I", await reader.readexactly(4))
                answer = _answer(keys, await reader.readexactly(size))
                writer.write(String(answer))
                await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, socket)
    try:
        yield
    finally:
        server.close()


def _answer(keys: Sequence[SecurityKey], message: bytes) -> bytes:
    packet = SSHPacket(message)
    kind = packet.get_byte()
    if kind == LIST:
        listed = b"".join(String(key.blob) + String("security key") for key in keys)
        return bytes([LISTED]) + struct.pack(">I", len(keys)) + listed
    if kind == SIGN:
        blob, data = packet.get_string(), packet.get_string()
        for key in keys:
            if key.blob == blob:
                return bytes([SIGNED]) + String(key.sign(data))
    return bytes([FAILURE])
