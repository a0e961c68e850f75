"""Short-lived SSH user certificates: what a session signs in with on a host that trusts Locum's user CA.

A certificate names exactly one principal, the session's own account (SEC-08), holds for two minutes, which is long
enough to sign in and no longer, and says in the host's log which session it was made for. Nothing is put on the host.
Format: OpenSSH PROTOCOL.certkeys.
"""

from __future__ import annotations

import datetime as dt
import secrets
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificateBuilder,
    SSHCertificateType,
    load_pem_private_key,
    load_ssh_private_key,
)

from locum.vault.secret import Secret

USER_CA = "ssh-user-ca"
LIFETIME = dt.timedelta(minutes=2)
CLOCK_SKEW = dt.timedelta(minutes=1)


def user_certificate(
    ca: Secret, private_key: Secret, *, principal: str, session_id: UUID, person: str, now: dt.datetime
) -> bytes:
    """A certificate line for the public half of `private_key` (OpenSSH text), signed by the `ca` key (PEM).

    What is forwarded is the gateway's to allow, connection by connection, so that all of it is permitted here.
    """
    if not principal:
        raise ValueError("a certificate without a principal would be good for every account")
    public = load_ssh_private_key(private_key.reveal(), None).public_key()
    builder = (
        SSHCertificateBuilder()
        .public_key(public)  # type: ignore[arg-type]  # our own keys are Ed25519
        .serial(secrets.randbits(64))
        .type(SSHCertificateType.USER)
        .key_id(f"locum session {session_id} {_plain(person)}".encode())
        .valid_principals([principal.encode()])
        .valid_after(int((now - CLOCK_SKEW).timestamp()))
        .valid_before(int((now + LIFETIME).timestamp()))
        .add_extension(b"permit-X11-forwarding", b"")
        .add_extension(b"permit-agent-forwarding", b"")
        .add_extension(b"permit-port-forwarding", b"")
        .add_extension(b"permit-pty", b"")
    )
    return builder.sign(_signer(ca)).public_bytes()


def ca_line(ca: Secret) -> str:
    """The public half of the CA, as a line for sshd's TrustedUserCAKeys."""
    public = _signer(ca).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return f"{public.decode()} locum user CA"


def _signer(ca: Secret) -> Ed25519PrivateKey:
    key = load_pem_private_key(ca.reveal(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _plain(name: str) -> str:
    """A name as it may stand in another system's log."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in name)[:100]
