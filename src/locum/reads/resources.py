"""The list of resources, as an administrator's page shows it: one row each, in two or three statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import credential
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid
from locum.kit.names import name_key
from locum.kit.paging import Listed, Page, check_page
from locum.policies.joins import count_for_resource
from locum.resources.model import platform, resource, unreached
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session


class ResourceRow(msgspec.Struct, frozen=True):
    """One resource with its platform, its service account's login, and how much it is used."""

    id: UUID
    type: int
    name: str
    dns_name: str | None
    ip_address: str | None
    platform_id: UUID
    platform_name: str
    built_in_account: str | None
    service_account_id: UUID | None
    service_account_name: str | None
    service_account_username: str | None
    port_ssh: int
    accept_host_key_on_first_discovery: bool
    trusted_thumbprint: str | None
    discovered_thumbprint: str | None
    ssh_trust_action: int
    active_session_count: int
    scheduled_session_count: int
    access_policy_count: int
    created_at: dt.datetime
    modified_at: dt.datetime


_ORDERED: dict[str, sa.Column[Any]] = {
    "name": resource.c.name_key,
    "displayname": resource.c.name_key,
    "dnshostname": resource.c.dns_name,
    "ipaddress": resource.c.ip_address,
    "platformname": platform.c.name,
    "sausername": credential.c.username,
    "createddatetimeutc": resource.c.created_at,
    "modifieddatetimeutc": resource.c.modified_at,
}
_SEARCHED = frozenset({"name", "displayname", "dnshostname", "ipaddress", "platformname"})


class Silence(msgspec.Struct, frozen=True):
    """A resource could not be reached when Locum last tried, since when, and why."""

    since: dt.datetime
    reason: str


def silence(tx: ReadTx, resource_id: UUID) -> Silence | None:
    """None for a resource that answered, or that Locum never tried."""
    return tx.first(
        Silence, sa.select(unreached.c.since, unreached.c.reason).where(unreached.c.resource_id == resource_id)
    )


class _Counted(msgspec.Struct, frozen=True):
    id: UUID
    total: int


def search(
    tx: ReadTx,
    page: Page,
    *,
    filter_columns: Collection[str] = (),
    resource_type: int | None = None,
    resource_id: UUID | None = None,
) -> Listed[ResourceRow]:
    """One page of resources (ManagedResource.Search); its text is looked for in `filter_columns`, if any are given.

    Two or three statements: all but the last, which has the rows, look at no more than an index.
    """
    check_page(page)
    column = _ORDERED.get((page.order_by or "name").lower())
    if column is None:
        raise Invalid("orderBy names no column of this list", field="orderBy")
    wanted = []
    if page.filter_text:
        wanted.append(_holds(tx, page.filter_text, _searched(filter_columns)))
    if resource_type is not None:
        wanted.append(resource.c.type == resource_type)
    if resource_id is not None:
        wanted.append(resource.c.id == resource_id)
    ids, total = _found(tx, page, column, wanted)
    rows = {row.id: row for row in tx.rows(ResourceRow, _ROWS.where(resource.c.id.in_(ids)))} if ids else {}
    return Listed([rows[one] for one in ids], total)


def _found(
    tx: ReadTx, page: Page, column: sa.Column[Any], wanted: list[sa.ColumnElement[bool]]
) -> tuple[list[UUID], int]:
    """The ids of the page, and how many there are in all: counted with them where every row is looked at anyway."""
    source: sa.FromClause = resource
    if column.table is platform:
        source = source.join(platform, platform.c.id == resource.c.platform_id)
    elif column.table is credential:
        source = source.outerjoin(credential, credential.c.id == resource.c.service_account_id)
    order = [one.desc() if page.descending else one.asc() for one in (column, resource.c.id)]
    count = sa.select(sa.func.count()).select_from(resource).where(*wanted)
    if not wanted:
        total = int(tx.scalar(count))
        ids = sa.select(resource.c.id).select_from(source).order_by(*order)
        return (tx.scalars(ids.offset(page.skip).limit(page.take)) if page.take else []), total
    counted = sa.select(resource.c.id, sa.func.count().over().label("total")).select_from(source).where(*wanted)
    rows = tx.rows(_Counted, counted.order_by(*order).offset(page.skip).limit(page.take)) if page.take else []
    if rows:
        return [row.id for row in rows], rows[0].total
    return [], int(tx.scalar(count)) if page.skip or not page.take else 0


def _searched(filter_columns: Collection[str]) -> frozenset[str]:
    """Names this list does not know are those of columns that are empty here, so that they match nothing."""
    if not filter_columns:
        return _SEARCHED
    known = frozenset(name.lower() for name in filter_columns) & frozenset(_ORDERED)
    if not known:
        raise Invalid("filterColumns names no column of this list", field="filterColumns")
    return known


def _holds(tx: ReadTx, text: str, columns: frozenset[str]) -> sa.ColumnElement[bool]:
    """The text is part of one of the columns, whatever its case. All of them together are one key of the index."""
    key = name_key(text)
    place = sa.func.instr if tx.dialect == "sqlite" else sa.func.strpos
    found: list[sa.ColumnElement[bool]] = []
    if columns >= _SEARCHED:
        found.append(place(resource.c.search_key, key) > 0)
    else:
        own = {_ORDERED[name] for name in columns if _ORDERED[name].table is resource}
        found += [place(sa.func.lower(sa.cast(one, sa.String)), key) > 0 for one in own]
    if "platformname" in columns:
        named = sa.select(platform.c.id).where(place(sa.func.lower(platform.c.name), key) > 0)
        found.append(resource.c.platform_id.in_(named))
    if "sausername" in columns:
        logins = sa.select(credential.c.id).where(place(credential.c.search_key, key) > 0)
        found.append(resource.c.service_account_id.in_(logins))
    return sa.or_(sa.false(), *found)


def _sessions(*states: Status) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(access_session)
        .where(access_session.c.resource_id == resource.c.id, access_session.c.status.in_(states))
        .scalar_subquery()
    )


_ROWS = sa.select(
    resource.c.id,
    resource.c.type,
    resource.c.name,
    resource.c.dns_name,
    resource.c.ip_address,
    resource.c.platform_id,
    platform.c.name.label("platform_name"),
    platform.c.built_in_account,
    resource.c.service_account_id,
    credential.c.name.label("service_account_name"),
    credential.c.username.label("service_account_username"),
    resource.c.port_ssh,
    resource.c.accept_host_key_on_first_discovery,
    resource.c.trusted_thumbprint,
    resource.c.discovered_thumbprint,
    resource.c.ssh_trust_action,
    _sessions(Status.ACTIVE).label("active_session_count"),
    _sessions(Status.APPROVAL_REQUIRED, Status.PENDING).label("scheduled_session_count"),
    count_for_resource().label("access_policy_count"),
    resource.c.created_at,
    resource.c.modified_at,
).select_from(
    resource.join(platform, platform.c.id == resource.c.platform_id).outerjoin(
        credential, credential.c.id == resource.c.service_account_id
    )
)
