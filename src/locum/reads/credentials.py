"""Lists of credentials, and what is looked up about one, each in a bounded number of statements."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import CredentialType, Method, credential, managed_user
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.prepared import Prepared
from locum.resources.model import host_user, platform, resource
from locum.rotation.model import dependant

INTERNAL, STANDARD, SERVICE = range(3)
"""Numbers of the contract's ManagedType."""


class _Method(msgspec.Struct, frozen=True):
    method: int


_METHOD = Prepared(
    _Method, sa.select(managed_user.c.method).where(managed_user.c.credential_id == sa.bindparam("id"))
)


class CredentialRow(msgspec.Struct, frozen=True):
    """One credential as lists show it: where its login lives, what state its secret is in, when it changes next."""

    id: UUID
    username: str
    domain: str
    name: str | None
    type: int
    created_at: dt.datetime
    managed_user_id: UUID | None
    host_user_id: UUID | None
    resource_id: UUID | None
    resource_name: str | None
    resource_type: int | None
    platform_id: UUID | None
    platform_name: str | None
    method: int
    status: int
    last_verified_at: dt.datetime | None
    last_changed_at: dt.datetime | None
    next_change_at: dt.datetime | None
    privilege: int
    dependency_count: int
    secret_set_at: dt.datetime | None

    @property
    def managed_type(self) -> int:
        """The row of the rotation matrix (A.11): whatever something depends on is a Service."""
        if self.dependency_count:
            return SERVICE
        return INTERNAL if self.type == CredentialType.CONFIGURATION else STANDARD

    def age(self, now: dt.datetime) -> int:
        """How many days the secret is old."""
        return max((now - (self.last_changed_at or self.secret_set_at or self.created_at)).days, 0)


_dependants = (
    sa.select(sa.func.count())
    .select_from(dependant)
    .where(dependant.c.credential_id == credential.c.id)
    .correlate(credential)
    .scalar_subquery()
)
PLATFORM_ID = sa.func.coalesce(resource.c.platform_id, credential.c.platform_id)
_method = sa.func.coalesce(managed_user.c.method, int(Method.NOT_MANAGED))
PLACES = (
    credential.outerjoin(managed_user, managed_user.c.credential_id == credential.c.id)
    .outerjoin(resource, resource.c.id == managed_user.c.resource_id)
    .outerjoin(platform, platform.c.id == PLATFORM_ID)
    .outerjoin(host_user, host_user.c.id == managed_user.c.host_user_id)
)
_vault_secret = sa.table("vault_secret", sa.column("id", sa.Uuid), sa.column("version", sa.Integer))
_version = sa.table(
    "vault_secret_version",
    sa.column("secret_id", sa.Uuid),
    sa.column("version", sa.Integer),
    sa.column("created_at", credential.c.created_at.type),
)
_set_at = (
    sa.select(_version.c.created_at)
    .select_from(
        _vault_secret.join(
            _version,
            sa.and_(_version.c.secret_id == _vault_secret.c.id, _version.c.version == _vault_secret.c.version),
        )
    )
    .where(
        _vault_secret.c.id
        == sa.func.coalesce(
            credential.c.content_secret_id, credential.c.password_secret_id, credential.c.private_key_secret_id
        )
    )
    .correlate(credential)
    .scalar_subquery()
)
_ELSEWHERE: dict[str, sa.ColumnElement[Any]] = {
    "managed_user_id": managed_user.c.id,
    "host_user_id": managed_user.c.host_user_id,
    "resource_id": managed_user.c.resource_id,
    "resource_name": resource.c.name,
    "resource_type": resource.c.type,
    "platform_id": platform.c.id,
    "platform_name": platform.c.name,
    "method": _method,
    "status": sa.func.coalesce(managed_user.c.status, 0),
    "last_verified_at": managed_user.c.last_verified_at,
    "last_changed_at": managed_user.c.last_changed_at,
    "next_change_at": managed_user.c.next_change_at,
    "privilege": sa.func.coalesce(host_user.c.privilege, 0),
    "dependency_count": _dependants,
    "secret_set_at": _set_at,
}
ROW = sa.select(
    *(
        (_ELSEWHERE[name] if name in _ELSEWHERE else credential.c[name]).label(name)
        for name in CredentialRow.__struct_fields__
    )
).select_from(PLACES)


def is_managed(tx: ReadTx, credential_id: UUID) -> bool:
    """Whether the login is under Locum's management."""
    return any(row.method != Method.NOT_MANAGED for row in tx.prepared(_METHOD, id=credential_id))


def count(tx: ReadTx, *, include_deleted: bool = False) -> int:
    """How many credentials there are."""
    query = sa.select(sa.func.count()).select_from(credential)
    if not include_deleted:
        query = query.where(credential.c.deleted_at.is_(None))
    return int(tx.scalar(query))


def details(
    tx: ReadTx,
    credential_id: UUID | None = None,
    *,
    host_user_id: UUID | None = None,
    include_deleted: bool = False,
) -> CredentialRow:
    """One credential by its own id, or by that of the account on a resource that it is. Raises NotFound."""
    which = credential.c.id == credential_id
    if host_user_id is not None:
        which = managed_user.c.host_user_id == host_user_id
    query = ROW.where(which)
    if not include_deleted:
        query = query.where(credential.c.deleted_at.is_(None))
    found = tx.first(CredentialRow, query)
    if found is None:
        raise NotFound("no such credential")
    return found
