"""The keys all nodes of an installation share: made once, kept in the vault, their public halves written out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.identities import digests, tokens
from locum.kit.db import ReadTx, Tx
from locum.kit.settings import Settings, split_address
from locum.main import tls
from locum.sessions import certificate
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault

TLS_CA = "tls-ca"
AUDIT_SIGNING = "audit-signing"
RECORDING_SIGNING = "recording-signing"
SSH_HOST_KEY = "ssh-host-key"
TOKEN_PUBLIC = "token-signing.pub"


def _ed25519() -> Secret:
    return Secret(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _ssh_host_key() -> Secret:
    return Secret(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )


_MAKERS: dict[str, Callable[[], Secret]] = {
    TLS_CA: tls.make_ca,
    AUDIT_SIGNING: _ed25519,
    RECORDING_SIGNING: _ed25519,
    SSH_HOST_KEY: _ssh_host_key,
    certificate.USER_CA: _ed25519,
    tokens.SYSTEM_KEY: tokens.make_key,
    digests.SYSTEM_KEY: digests.make_key,
}


def ensure_all(tx: Tx, vault: Vault) -> None:
    """Make the keys that are missing."""
    for name, make in _MAKERS.items():
        system_keys.ensure(tx, vault, name, make)


def load(tx: ReadTx, vault: Vault, name: str) -> Secret:
    """One of the keys."""
    return system_keys.load(tx, vault, name)


def load_shared(tx: ReadTx, vault: Vault) -> dict[str, Secret]:
    """Those that a node works with."""
    names = (digests.SYSTEM_KEY, tokens.SYSTEM_KEY, AUDIT_SIGNING, RECORDING_SIGNING, SSH_HOST_KEY)
    return {name: load(tx, vault, name) for name in names}


def signing_key(secret: Secret) -> Ed25519PrivateKey:
    """An Ed25519 key as an object that signs."""
    key = serialization.load_pem_private_key(secret.reveal(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def public_keys(tx: ReadTx, vault: Vault) -> dict[str, bytes]:
    """File name → content of every public half, as an auditor or a client needs it."""

    def pem(name: str) -> bytes:
        return (
            signing_key(load(tx, vault, name))
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    return {
        "audit-signing.pub": pem(AUDIT_SIGNING),
        "recording-signing.pub": pem(RECORDING_SIGNING),
        TOKEN_PUBLIC: tokens.Tokens(load(tx, vault, tokens.SYSTEM_KEY)).public_pem.encode(),
        "ssh_user_ca.pub": f"{certificate.ca_line(load(tx, vault, certificate.USER_CA))}\n".encode(),
        "ssh_host_key.pub": f"{public_half(load(tx, vault, SSH_HOST_KEY))} locum\n".encode(),
    }


def public_half(private: Secret) -> str:
    """Of an SSH key: algorithm and key."""
    key = serialization.load_ssh_private_key(private.reveal(), None).public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def public_hosts(settings: Settings) -> list[str | None]:
    """The host names of the HTTPS listener's certificate beyond the local ones."""
    from_url = urlsplit(settings.public_url).hostname if settings.public_url else None
    return [from_url, split_address(settings.https, "--https")[0]]
