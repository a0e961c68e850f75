"""The list of resources, as an administrator's page shows it: one row each, two statements."""

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
from locum.kit.paging import Listed, Page, fetch
from locum.policies.model import policy, policy_resource
from locum.resources.model import platform, resource
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


_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "name": resource.c.name_key,
    "displayname": resource.c.name_key,
    "shownname": resource.c.name,
    "dnshostname": resource.c.dns_name,
    "ipaddress": resource.c.ip_address,
    "platformname": platform.c.name,
    "sausername": credential.c.username,
    "createddatetimeutc": resource.c.created_at,
    "modifieddatetimeutc": resource.c.modified_at,
}
_SEARCHED = ["shownname", "name", "dnshostname", "ipaddress", "platformname"]


def search(
    tx: ReadTx,
    page: Page,
    *,
    filter_columns: Collection[str] = (),
    resource_type: int | None = None,
    resource_id: UUID | None = None,
) -> Listed[ResourceRow]:
    """One page of resources (ManagedResource.Search); its text is looked for in `filter_columns`, if any are given."""
    query = sa.select(
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
        _policies().label("access_policy_count"),
        resource.c.created_at,
        resource.c.modified_at,
    ).select_from(
        resource.join(platform, platform.c.id == resource.c.platform_id).outerjoin(
            credential, credential.c.id == resource.c.service_account_id
        )
    )
    if resource_type is not None:
        query = query.where(resource.c.type == resource_type)
    if resource_id is not None:
        query = query.where(resource.c.id == resource_id)
    return fetch(
        tx, ResourceRow, query, page, columns=_COLUMNS, tie=resource.c.id, searched=_searched(filter_columns)
    )


def _searched(filter_columns: Collection[str]) -> list[str]:
    """Names this list does not know are those of columns that are empty here, so that they match nothing."""
    if not filter_columns:
        return _SEARCHED
    known = [name.lower() for name in filter_columns if name.lower() in _COLUMNS]
    if not known:
        raise Invalid("filterColumns names no column of this list", field="filterColumns")
    return [*known, "shownname"] if {"name", "displayname"} & set(known) else known


def _sessions(*states: Status) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(access_session)
        .where(access_session.c.resource_id == resource.c.id, access_session.c.status.in_(states))
        .scalar_subquery()
    )


def _policies() -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(policy_resource.join(policy, policy.c.id == policy_resource.c.policy_id))
        .where(policy_resource.c.member_id == resource.c.id, policy.c.is_deleted.is_(False))
        .scalar_subquery()
    )
