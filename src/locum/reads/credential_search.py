"""Searches for credentials: which of them one may know of, narrowed, ordered and counted in a few statements."""

from __future__ import annotations

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
from locum.kit.errors import Invalid
from locum.kit.names import name_key
from locum.kit.paging import MAX_TAKE, Listed, Page, check_page
from locum.kit.permissions import Permission
from locum.reads.credentials import INTERNAL, PLATFORM_ID, ROW, SERVICE, STANDARD, CredentialRow
from locum.resources.model import host_user, platform, resource
from locum.rotation.model import dependant

_Condition = sa.ColumnElement[bool]


class _Counted(msgspec.Struct, frozen=True):
    id: UUID
    total: int


@dataclass
class _Which:
    """The credentials of a page, and how many the whole list has."""

    ids: list[UUID]
    total: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search narrows its list to; None is anything."""

    managed_type: int | None = None
    credential_type: int | None = None
    managed: bool | None = None
    privilege: int | None = None
    include_deleted: bool = False


_KEPT = credential.c.deleted_at.is_(None)
_IS_MANAGED = managed_user.c.method != int(Method.NOT_MANAGED)
_MANAGED = (
    sa.select(managed_user.c.id)
    .where(managed_user.c.credential_id == credential.c.id, _IS_MANAGED)
    .correlate(credential)
    .exists()
)
_ORDERED: dict[str, sa.Column[Any]] = {
    "username": credential.c.username,
    "samaccountname": credential.c.username,
    "displayname": credential.c.name,
    "domain": credential.c.domain,
    "credentialtype": credential.c.type,
    "resource": resource.c.name_key,
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


_MANY = 5000  # below, sorting takes a few milliseconds whatever the order
_HERE = managed_user.join(credential, credential.c.id == managed_user.c.credential_id)
# Orders that an index of another table gives, and the way from that table here.
_WALKS: dict[sa.Column[Any], sa.FromClause] = {
    managed_user.c.method: _HERE,
    managed_user.c.status: _HERE,
    managed_user.c.last_verified_at: _HERE,
    managed_user.c.last_changed_at: _HERE,
    managed_user.c.next_change_at: _HERE,
    resource.c.name_key: resource.join(managed_user, managed_user.c.resource_id == resource.c.id).join(
        credential, credential.c.id == managed_user.c.credential_id
    ),
    host_user.c.privilege: host_user.join(managed_user, managed_user.c.host_user_id == host_user.c.id).join(
        credential, credential.c.id == managed_user.c.credential_id
    ),
}
# What decides between equals; else it is the credential's id.
_TIES: dict[sa.Column[Any], sa.Column[Any]] = {host_user.c.privilege: host_user.c.id}


def search(tx: ReadTx, caller: Caller, page: Page, wanted: Wanted) -> Listed[CredentialRow]:
    """One page of the credentials that the caller may know of, in three to five statements.

    All but the last, which has the rows, look at as few tables as what is asked for needs.
    """
    check_page(page)
    column = _ORDERED.get((page.order_by or "username").lower())
    if column is None:
        raise Invalid("orderBy names no column of this list", field="orderBy")
    conditions = _conditions(tx, caller, page.filter_text, wanted)
    found = _Which([], 0)
    if page.filter_text and page.take:
        found = _filtered(tx, column, _managed_or_not(conditions, wanted), page)
    if not found.ids and (page.skip or not page.take or not page.filter_text):
        found.total = _total(tx, conditions, wanted)
        if not page.filter_text and page.take and page.skip < found.total:
            found.ids = _unfiltered(tx, column, _managed_or_not(conditions, wanted), page, found.total)
    if not found.ids:
        return Listed([], found.total)
    rows = {row.id: row for row in tx.rows(CredentialRow, ROW.where(credential.c.id.in_(found.ids)))}
    return Listed([rows[one] for one in found.ids], found.total)


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
        # Not a join: the tables a page is looked up in are those of its order.
        holders = (
            sa.select(managed_user.c.credential_id)
            .join(host_user, host_user.c.id == managed_user.c.host_user_id)
            .where(host_user.c.privilege == wanted.privilege)
        )
        conditions.append(credential.c.id.in_(holders))
    return conditions


def _managed_or_not(conditions: list[_Condition], wanted: Wanted) -> list[_Condition]:
    return conditions if wanted.managed is None else [*conditions, _MANAGED if wanted.managed else ~_MANAGED]


def _filtered(tx: ReadTx, column: sa.Column[Any], conditions: list[_Condition], page: Page) -> _Which:
    """Which rows that hold the text, and how many there are: whoever looks for the text sees them all."""
    query = sa.select(credential.c.id, sa.func.count().over().label("total"))
    ordered: sa.ColumnElement[Any] = column
    if column is credential.c.username:
        # Not by the index of user names: where few rows hold the text, all rows would be looked up through it.
        ordered = column + ""
    rows = tx.rows(_Counted, _sorted(query, ordered, column, conditions, page))
    return _Which([row.id for row in rows], rows[0].total if rows else 0)


def _unfiltered(
    tx: ReadTx, column: sa.Column[Any], conditions: list[_Condition], page: Page, total: int
) -> list[UUID]:
    """Along an index where one has the order, and enough rows are wanted for it to find them soon."""
    if column in _WALKS and total >= _MANY:
        return _walked(tx, column, conditions, page)
    return tx.scalars(_sorted(sa.select(credential.c.id), column, column, conditions, page))


def _sorted(
    query: sa.Select[Any],
    ordered: sa.ColumnElement[Any],
    column: sa.Column[Any],
    conditions: list[_Condition],
    page: Page,
) -> sa.Select[Any]:
    """The page of all that meet the conditions in their order; those that live nowhere stand last."""
    last = [] if column.table is credential else [column.is_(None)]
    query = query.select_from(_needed(*conditions, column)).where(*conditions)
    order = (ordered, *([_TIES[column]] if column in _TIES else []), credential.c.id)
    return query.order_by(*last, *_order(page, *order)).offset(page.skip).limit(page.take)


def _walked(tx: ReadTx, column: sa.Column[Any], conditions: list[_Condition], page: Page) -> list[UUID]:
    """The same, along an index of the table that has the order: first those with a value, then the others."""
    tie = _TIES.get(column, managed_user.c.credential_id)
    having = sa.select(managed_user.c.credential_id).select_from(_WALKS[column])
    having = having.where(column.is_not(None), *conditions)
    ids = tx.scalars(having.order_by(*_order(page, column, tie)).offset(page.skip).limit(page.take))
    if len(ids) == page.take:
        return ids
    skip = 0 if ids else page.skip - int(tx.scalar(sa.select(sa.func.count()).select_from(having.subquery())))
    lacking = (
        sa.select(credential.c.id).select_from(_needed(*conditions, column)).where(column.is_(None), *conditions)
    )
    return ids + tx.scalars(
        lacking.order_by(*_order(page, credential.c.id)).offset(skip).limit(page.take - len(ids))
    )


def _order(page: Page, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    return [c.desc() if page.descending else c.asc() for c in columns]


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
        places = places.outerjoin(platform, platform.c.id == PLATFORM_ID)
    if host_user in looked_at:
        places = places.outerjoin(host_user, host_user.c.id == managed_user.c.host_user_id)
    return places
