"""Applications: identities without a password, which prove themselves by an API key (AUTH-20)."""

from __future__ import annotations

import re
from typing import Unpack
from uuid import UUID

from locum.audit.log import record
from locum.identities.caller import Role
from locum.identities.model import Identity, Kind
from locum.identities.people import OtherNames, add_identity, get
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid

_SERIAL_DIGITS = 40


def kept_serial(text: str | None) -> str | None:
    """A certificate's serial number as it is kept and shown: as given, without blanks. None for an empty one.

    Raises Invalid for what is no hexadecimal number of at most 20 bytes (RFC 5280).
    """
    kept = "".join((text or "").split())
    if kept and serial_digits(kept) is None:
        raise Invalid("the serial number must be hexadecimal", field="certificateSerialNumber")
    return kept or None


def serial_digits(text: str) -> str | None:
    """The number itself, which clients print in many ways: capitals, no zeros before; None for what is none."""
    digits = "".join(text.replace(":", "").split()).upper()
    plain = digits.lstrip("0")
    return plain if re.fullmatch(r"[0-9A-F]+", digits) and len(plain) <= _SERIAL_DIGITS else None


def create(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    certificate_serial: str | None = None,
    **names: Unpack[OtherNames],
) -> Identity:
    """Make an application (ManagedAccount.CreateApplicationUser). It has no key until one is generated.

    The serial number of its client certificate is needed only for `POST AppUserToken` (AUTH-18). Raises
    Invalid for a name that is taken, in any spelling, or that can't be one.
    """
    serial = kept_serial(certificate_serial)
    made = add_identity(
        tx,
        Kind.APPLICATION,
        name=name,
        roles=frozenset({Role.APP}),
        certificate_serial=serial,
        **names,
    )
    record(tx, actor, "application.created", object_kind="identity", object_id=made.id, detail={"name": made.name})
    return made


def hold(tx: Tx, application_id: UUID) -> Identity:
    """The application, its row held until commit so that two changes of its keys come one after the other.

    Raises NotFound for an unknown id and Invalid for an identity that is no application.
    """
    return _application(get(tx, application_id, hold=True))


def check(tx: ReadTx, application_id: UUID) -> Identity:
    """The application. Raises NotFound for an unknown id and Invalid for an identity that is none."""
    return _application(get(tx, application_id))


def _application(found: Identity) -> Identity:
    if found.kind is not Kind.APPLICATION:
        raise Invalid("only applications have API keys, and this account is none")
    return found
