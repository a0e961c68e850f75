"""An application's sign-in: a client certificate, its serial number and an API key, for a token (AUTH-18).

TLS has checked the certificate against the operator's CA before anything here runs. All that is wrong is told in the
same words; the audit log has the reason.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography import x509

from locum.audit.log import record
from locum.identities import api_keys, applications
from locum.identities.authenticate import key_bounds
from locum.identities.digests import KeyedDigest
from locum.identities.key_usage import spend
from locum.identities.model import Identity, Kind
from locum.identities.people import named
from locum.identities.settle import refused
from locum.identities.token_issuer import Opened, TokenIssuer
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import LocumError, Unauthenticated
from locum.vault.secret import Secret

REFUSED = "the application, its API key or the serial number of its certificate is not right"
NO_CERTIFICATE = "this needs a TLS client certificate, signed by the CA that the server was given with --client-ca"


@dataclass(frozen=True, slots=True)
class Offered:
    """What the application presents. `certificate` is the one of the TLS connection (DER), None without one."""

    name: str
    key: Secret
    serial: str
    certificate: bytes | None
    address: str | None
    client: str | None


def sign_in(tx: Tx, digest: KeyedDigest, issuer: TokenIssuer, offered: Offered) -> Opened | LocumError:
    """A token that ends with the key behind it. A refusal is returned, so that its audit row is kept."""
    found = named(tx, offered.name, Kind.APPLICATION)
    actor = Actor(found.id if found else None, found.name if found else "unknown", offered.address)
    if offered.certificate is None:
        refused(tx, actor, "no client certificate")
        return Unauthenticated(NO_CERTIFICATE)
    key = api_keys.find(tx, digest, offered.key) if api_keys.well_formed_secret(offered.key) else None
    reason = _wrong(found, key, offered)
    if reason is not None or found is None or key is None:
        refused(tx, actor, reason or "unknown application")
        return Unauthenticated(REFUSED)
    try:
        key_bounds(tx, key.id, offered.address)
        spend(tx, key.id, offered.address)
    except Unauthenticated as error:
        refused(tx, actor, error.detail)
        return Unauthenticated(REFUSED)
    opened = issuer.open(
        tx,
        found.id,
        method="certificate",
        address=offered.address,
        client=offered.client,
        api_key_id=key.id,
    )
    record(tx, actor, "signin.completed", object_kind="identity", object_id=found.id)
    return opened


def _wrong(found: Identity | None, key: api_keys.ApiKey | None, offered: Offered) -> str | None:
    """The first thing that is not right, in the audit log's words."""
    if found is None:
        return "unknown application"
    if found.locked:
        return "locked by an administrator"
    if key is None or key.identity_id != found.id:
        return "wrong API key"
    if found.certificate_serial is None:
        return "no certificate serial number is kept for the application"
    assert offered.certificate is not None
    held = f"{x509.load_der_x509_certificate(offered.certificate).serial_number:X}"
    for serial in (found.certificate_serial, offered.serial):
        if not hmac.compare_digest(applications.serial_digits(serial) or "", held):
            return "wrong certificate"
    return None
