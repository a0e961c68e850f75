"""PURE: which algorithms Locum agrees on with SSH peers.

`LEGACY…` is what an old server may speak where its resource says so: weak, and offered nowhere else. It stands behind
the others, so that a server that knows better gets that.
"""

from __future__ import annotations

from typing import TypedDict

KEY_EXCHANGE = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
)
ENCRYPTION = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")
MAC = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
SIGNATURE = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)

LEGACY_KEY_EXCHANGE = (
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
LEGACY_ENCRYPTION = ("aes192-ctr", "aes128-ctr", "aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc")
LEGACY_MAC = ("hmac-sha1-etm@openssh.com", "hmac-sha1")
LEGACY_SIGNATURE = ("ssh-rsa",)
"""RSA with SHA-1, of host keys and of the keys that sign in."""


class Algorithms(TypedDict):
    """As asyncssh takes them."""

    kex_algs: tuple[str, ...]
    encryption_algs: tuple[str, ...]
    mac_algs: tuple[str, ...]
    signature_algs: tuple[str, ...]


def algorithms(*, legacy: bool) -> Algorithms:
    """What a target is offered."""
    if not legacy:
        return Algorithms(
            kex_algs=KEY_EXCHANGE, encryption_algs=ENCRYPTION, mac_algs=MAC, signature_algs=SIGNATURE
        )
    return Algorithms(
        kex_algs=KEY_EXCHANGE + LEGACY_KEY_EXCHANGE,
        encryption_algs=ENCRYPTION + LEGACY_ENCRYPTION,
        mac_algs=MAC + LEGACY_MAC,
        signature_algs=SIGNATURE + LEGACY_SIGNATURE,
    )
