"""Public keys and signatures as a client sends them at sign-in (RFC 4252, section 7)."""

from __future__ import annotations

import base64

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket

# Kinds of key, and the signatures each may make. SHA-1 is not among them, nor are certificates: nobody is trusted to
# issue any, so that a certificate is no key here, whatever stands in it (SEC-08).
_SIGNATURES: dict[bytes, tuple[bytes, ...]] = {
    b"ssh-ed25519": (b"ssh-ed25519",),
    b"ecdsa-sha2-nistp256": (b"ecdsa-sha2-nistp256",),
    b"ecdsa-sha2-nistp384": (b"ecdsa-sha2-nistp384",),
    b"ecdsa-sha2-nistp521": (b"ecdsa-sha2-nistp521",),
    b"ssh-rsa": (b"rsa-sha2-512", b"rsa-sha2-256"),
    b"sk-ssh-ed25519@openssh.com": (b"sk-ssh-ed25519@openssh.com",),
    b"sk-ecdsa-sha2-nistp256@openssh.com": (b"sk-ecdsa-sha2-nistp256@openssh.com",),
}
USER_SIGNATURES = tuple(name.decode() for names in _SIGNATURES.values() for name in names)
LONGEST = 4000  # bytes


def key_line(blob: bytes) -> str | None:
    """The key as a line "algorithm base64", or None for what is no key that is taken here."""
    if len(blob) > LONGEST:
        return None
    try:
        algorithm = SSHPacket(blob).get_string()
    except PacketDecodeError:
        return None
    return f"{algorithm.decode()} {base64.b64encode(blob).decode()}" if algorithm in _SIGNATURES else None


def verifies(line: str, signed: bytes, signature: bytes) -> bool:
    """Whether `signature` was made by the key over `signed`. A security key must have been touched for it."""
    try:
        key = asyncssh.import_public_key(line)
        algorithm = SSHPacket(signature).get_string()
    except (asyncssh.KeyImportError, PacketDecodeError):
        return False
    if algorithm not in _SIGNATURES[key.algorithm]:
        return False
    key.set_touch_required(True)
    return key.verify(signed, signature)
