"""What the account of a session is called: by the activity's template, or as Locum does by itself."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.actions.login_name import Named, from_template, own_login
from locum.actions.plan import login_name
from locum.activities.model import LoginType, activity
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.resources.model import platform, resource
from locum.sessions.token_rule import account_name


class _Person(msgspec.Struct, frozen=True):
    name: str
    sam_account_name: str | None
    user_principal_name: str | None
    email: str | None
    department: str | None
    display_name: str | None


class _Where(msgspec.Struct, frozen=True):
    resource_name: str
    resource_dns_name: str | None
    connector: str


class _How(msgspec.Struct, frozen=True):
    login_type: int
    login_template: str | None
    requester_format: int


def login_for(
    tx: ReadTx, identity_id: UUID, activity_id: UUID, resource_id: UUID, session_id: UUID, profile_id: UUID
) -> str:
    """The name. Raises Invalid where the template makes one that the platform does not take."""
    a = activity.c
    how = tx.first(_How, sa.select(a.login_type, a.login_template, a.requester_format).where(a.id == activity_id))
    person = tx.first(
        _Person,
        sa.select(*(identity.c[name] for name in _Person.__struct_fields__)).where(identity.c.id == identity_id),
    )
    assert how is not None
    assert person is not None
    alone = how.login_type == LoginType.ACTIVITY_IDENTITY and not how.login_template
    name = account_name(tx, profile_id) if alone else None
    if alone and name is None:
        return login_name(person.name, base64.b32encode(secrets.token_bytes(5)).decode().lower())
    where = tx.first(
        _Where,
        sa.select(
            resource.c.name.label("resource_name"),
            resource.c.dns_name.label("resource_dns_name"),
            platform.c.connector,
        )
        .join(platform, platform.c.id == resource.c.platform_id)
        .where(resource.c.id == resource_id),
    )
    assert where is not None
    known = Named(
        **msgspec.structs.asdict(person),
        resource_name=where.resource_name,
        resource_dns_name=where.resource_dns_name,
        session_id=str(session_id),
    )
    if how.login_type == LoginType.REQUESTER:
        return own_login(how.requester_format, how.login_template, known, where.connector)
    return from_template(name or how.login_template or "%samaccountname%", known, where.connector)
