"""Lists of credentials, and what is looked up about one, each in a bounded number of statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.add import COLUMNS
from locum.credentials.model import Credential, CredentialType, Method, credential, managed_user
from locum.identities.caller import Caller
from locum.identities.custom_roles import within
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid, NotFound
from locum.kit.names import name_key
from locum.kit.paging import MAX_TAKE, Listed, Page
from locum.kit.permissions import Permission
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search narrows its list to; None is anything."""

    managed_type: int | None = None
    credential_type: int | None = None
    managed: bool | None = None
    privilege: int | None = None
    include_deleted: bool = False


_dependants = (
    sa.select(sa.func.count())
    .select_from(dependant)
    .where(dependant.c.credential_id == credential.c.id)
    .correlate(credential)
    .scalar_subquery()
)
_platform_id = sa.func.coalesce(resource.c.platform_id, credential.c.platform_id)
_method = sa.func.coalesce(managed_user.c.method, int(Method.NOT_MANAGED))
PLACES = (
    credential.outerjoin(managed_user, managed_user.c.credential_id == credential.c.id)
    .outerjoin(resource, resource.c.id == managed_user.c.resource_id)
    .outerjoin(platform, platform.c.id == _platform_id)
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
_KEPT = credential.c.deleted_at.is_(None)
_IS_MANAGED = managed_user.c.method != int(Method.NOT_MANAGED)
_MANAGED = (
    sa.select(managed_user.c.id)
    .where(managed_user.c.credential_id == credential.c.id, _IS_MANAGED)
    .correlate(credential)
    .exists()
)
_ORDERED: dict[str, sa.ColumnElement[Any]] = {
    "username": credential.c.username,
    "samaccountname": credential.c.username,
    "displayname": credential.c.name,
    "domain": credential.c.domain,
    "credentialtype": credential.c.type,
    "resource": resource.c.name,
    "platform": platform.c.name,
    "rotationtype": managed_user.c.method,
    "passwordstatus": managed_user.c.status,
    "status": managed_user.c.status,
    "lastverifieddatetimeutc": managed_user.c.last_verified_at,
    "lastpasswordchangedatetimeutc": managed_user.c.last_changed_at,
    "age": managed_user.c.last_changed_at,
    "nextpasswordchangedatetimeutc": managed_user.c.next_change_at,
    "privilege": host_user.c.privilege,
}


def is_managed(tx: ReadTx, credential_id: UUID) -> bool:
    """Whether the login is under Locum's management."""
    return any(row.method != Method.NOT_MANAGED for row in tx.prepared(_METHOD, id=credential_id))


def count(tx: ReadTx, *, include_deleted: bool = False) -> int:
    """How many credentials there are."""
    query = sa.select(sa.func.count()).select_from(credential)
    if not include_deleted:
        query = query.where(credential.c.deleted_at.is_(None))
    return int(tx.scalar(query))


def search(tx: ReadTx, caller: Caller, page: Page, wanted: Wanted) -> Listed[CredentialRow]:
    """One page of the credentials that the caller may know of, in three statements: how many, which, and their rows.

    The first two look at as few tables as what is asked for needs.
    """
    if page.skip < 0:
        raise Invalid("skip must not be negative", field="skip")
    if not 0 <= page.take <= MAX_TAKE:
        raise Invalid(f"take must lie between 0 and {MAX_TAKE}", field="take")
    column = _ORDERED.get((page.order_by or "username").lower())
    if column is None:
        raise Invalid("orderBy names no column of this list", field="orderBy")
    conditions = _conditions(tx, caller, page.filter_text, wanted)
    if page.filter_text and column is credential.c.username:
        # Not by the index of user names: where few rows hold the text, all rows would be looked up through it.
        column = credential.c.username + ""
    total = _total(tx, conditions, wanted)
    if wanted.managed is not None:
        conditions.append(_MANAGED if wanted.managed else ~_MANAGED)
    if page.take == 0 or page.skip >= total:
        return Listed([], total)
    order = [c.desc() if page.descending else c.asc() for c in (column, credential.c.id)]
    ids = tx.scalars(
        sa.select(credential.c.id)
        .select_from(_needed(*conditions, column))
        .where(*conditions)
        .order_by(*order)
        .offset(page.skip)
        .limit(page.take)
    )
    found = {row.id: row for row in tx.rows(CredentialRow, ROW.where(credential.c.id.in_(ids)))}
    return Listed([found[one] for one in ids], total)


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


def by_type(
    tx: ReadTx, caller: Caller, *, credential_type: int | None, username: str | None, include_deleted: bool
) -> list[Credential]:
    """Whole credentials, by user name; as many as one page may have."""
    conditions = _conditions(
        tx, caller, None, Wanted(credential_type=credential_type, include_deleted=include_deleted)
    )
    if username is not None:
        conditions.append(credential.c.username == username)
    query = sa.select(*COLUMNS).where(*conditions).order_by(credential.c.username, credential.c.id)
    return tx.rows(Credential, query.limit(MAX_TAKE))


def visible(caller: Caller) -> list[sa.ColumnElement[bool]]:
    """What keeps a list to the credentials that roles and an API key let the caller know of (SEC-12, SEC-30)."""
    conditions = []
    if Permission.CREDENTIALS_CREDENTIAL_READ not in caller.permissions:
        column = {ScopeKind.CREDENTIAL: credential.c.id}
        rights = (right for right in caller.rights.held if right.value.startswith("credentials:"))
        conditions.append(sa.or_(sa.false(), *(within(caller, right, column) for right in rights)))
    if caller.key is not None and caller.key.credentials is not None:
        conditions.append(credential.c.id.in_(caller.key.credentials))
    return conditions


def _conditions(tx: ReadTx, caller: Caller, text: str | None, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = visible(caller)
    if not wanted.include_deleted:
        conditions.append(_KEPT)
    if wanted.credential_type is not None:
        conditions.append(credential.c.type == wanted.credential_type)
    if text:
        conditions.append(_holds(tx, text))
    if wanted.managed_type is not None:
        served = credential.c.id.in_(sa.select(dependant.c.credential_id))
        internal = credential.c.type == CredentialType.CONFIGURATION
        kinds: dict[int, list[sa.ColumnElement[bool]]] = {
            INTERNAL: [~served, internal],
            STANDARD: [~served, ~internal],
            SERVICE: [served],
        }
        conditions += kinds.get(wanted.managed_type, [])
    if wanted.privilege:
        conditions.append(host_user.c.privilege == wanted.privilege)
    return conditions


def _total(tx: ReadTx, conditions: list[sa.ColumnElement[bool]], wanted: Wanted) -> int:
    """How many meet the conditions and are managed, or not. Those managed are fewer tables to look at."""

    def count(*more: sa.ColumnElement[bool]) -> int:
        every = (*conditions, *more)
        return int(tx.scalar(sa.select(sa.func.count()).select_from(_needed(*every)).where(*every)))

    if wanted.managed is None:
        return count()
    if any(one is not _KEPT for one in conditions):
        return count(_MANAGED if wanted.managed else ~_MANAGED)
    # A deleted credential is not managed, so no other table says anything about it.
    managed = sa.select(sa.func.count()).select_from(managed_user).where(_IS_MANAGED)
    return int(tx.scalar(managed)) if wanted.managed else count() - int(tx.scalar(managed))


def _holds(tx: ReadTx, text: str) -> sa.ColumnElement[bool]:
    """The text is part of the login or name, or of the name of the resource it lives on."""
    key = name_key(text)
    place = sa.func.instr if tx.dialect == "sqlite" else sa.func.strpos
    there = (
        sa.select(managed_user.c.credential_id)
        .join(resource, resource.c.id == managed_user.c.resource_id)
        .where(place(resource.c.name_key, key) > 0)
    )
    return sa.or_(place(credential.c.search_key, key) > 0, credential.c.id.in_(there))


def _needed(*parts: sa.ColumnElement[Any]) -> sa.FromClause:
    """The tables that conditions or an order look at, and no other."""
    looked_at = {table for part in parts for table in part._from_objects}
    places: sa.FromClause = credential
    if looked_at & {managed_user, resource, platform, host_user}:
        places = places.outerjoin(managed_user, managed_user.c.credential_id == credential.c.id)
    if looked_at & {resource, platform}:
        places = places.outerjoin(resource, resource.c.id == managed_user.c.resource_id)
    if platform in looked_at:
        places = places.outerjoin(platform, platform.c.id == _platform_id)
    if host_user in looked_at:
        places = places.outerjoin(host_user, host_user.c.id == managed_user.c.host_user_id)
    return places
