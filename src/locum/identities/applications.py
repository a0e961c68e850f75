"""Applications: identities without a password, which prove themselves by an API key (AUTH-20)."""

from __future__ import annotations

from uuid import UUID

from locum.audit.log import record
from locum.identities.caller import Role
from locum.identities.model import Identity, Kind
from locum.identities.people import add_identity, get
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Invalid


def create(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    certificate_serial: str | None = None,
    display_name: str | None = None,
    email: str | None = None,
    department: str | None = None,
    user_principal_name: str | None = None,
    sam_account_name: str | None = None,
) -> Identity:
    """Make an application (ManagedAccount.CreateApplicationUser). It has no key until one is generated.

    A certificate serial is kept without the blanks that clients print it with; an empty one means none. Raises
    Invalid for a name that is taken, in any spelling, or that can't be one.
    """
    serial = "".join((certificate_serial or "").split()) or None
    made = add_identity(
        tx,
        Kind.APPLICATION,
        name=name,
        roles=frozenset({Role.APP}),
        certificate_serial=serial,
        display_name=display_name,
        email=email,
        department=department,
        user_principal_name=user_principal_name,
        sam_account_name=sam_account_name,
    )
    record(tx, actor, "application.created", object_kind="identity", object_id=made.id, detail={"name": made.name})
    return made


def hold(tx: Tx, application_id: UUID) -> Identity:
    """The application, its row held until commit so that two changes of its keys come one after the other.

    Raises NotFound for an unknown id and Invalid for an identity that is no application.
    """
    found = get(tx, application_id, hold=True)
    if found.kind is not Kind.APPLICATION:
        raise Invalid("only applications have API keys, and this account is none")
    return found
