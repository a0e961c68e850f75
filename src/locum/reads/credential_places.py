"""Where a credential is used: its account, the resources it opens, what on them depends on it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import credential, managed_user
from locum.identities.caller import Caller
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page, fetch
from locum.reads.credential_search import visible
from locum.reads.credentials import PLACES, ROW, CredentialRow
from locum.resources.model import HostUser, host_user, resource
from locum.rotation.model import Reason, dependant, rotation


class ServiceAccountRow(CredentialRow, frozen=True):
    """The same with how its last rotation and its last rollback went (RotationState, None if there was none)."""

    rotation_state: int | None
    rollback_state: int | None


class DependantPlace(msgspec.Struct, frozen=True):
    """Something on a resource that holds a credential's secret."""

    id: UUID
    credential_id: UUID
    username: str
    name: str
    kind: str
    resource_id: UUID
    resource_name: str
    dns_name: str | None
    host_user_id: UUID | None
    last_changed_at: dt.datetime | None
    next_change_at: dt.datetime | None
    last_state: int | None
    open_state: int | None


def _state(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    return (
        sa.select(rotation.c.state)
        .where(rotation.c.credential_id == credential.c.id, *which)
        .order_by(rotation.c.created_at.desc())
        .limit(1)
        .correlate(credential)
        .scalar_subquery()
    )


def service_account(tx: ReadTx, caller: Caller, some_id: UUID) -> ServiceAccountRow:
    """A login that something may depend on, by the id of its credential or of its account. Raises NotFound."""
    query = ROW.add_columns(
        _state(rotation.c.reason != Reason.ROLLBACK).label("rotation_state"),
        _state(rotation.c.reason == Reason.ROLLBACK).label("rollback_state"),
    ).where(
        sa.or_(credential.c.id == some_id, managed_user.c.host_user_id == some_id),
        credential.c.deleted_at.is_(None),
        *visible(caller),
    )
    found = tx.first(ServiceAccountRow, query)
    if found is None:
        raise NotFound("no such credential")
    return found


def account_of(tx: ReadTx, caller: Caller, credential_id: UUID) -> HostUser:
    """The account on a resource that a credential is of. Raises NotFound where none is known."""
    found = tx.first(
        HostUser,
        sa.select(*(host_user.c[name] for name in HostUser.__struct_fields__))
        .select_from(PLACES)
        .where(credential.c.id == credential_id, host_user.c.id.is_not(None), *visible(caller)),
    )
    if found is None:
        raise NotFound("no account on a resource is known for this credential")
    return found


def resources_of(tx: ReadTx, credential_id: UUID) -> list[UUID]:
    """Every resource where the login lives, is the service account, or has something that depends on it."""
    users = sa.select(managed_user.c.resource_id.label("id")).where(managed_user.c.credential_id == credential_id)
    services = sa.select(resource.c.id).where(resource.c.service_account_id == credential_id)
    holders = sa.select(dependant.c.resource_id).where(dependant.c.credential_id == credential_id)
    found = sa.union(users, services, holders).subquery()
    return tx.scalars(sa.select(found.c.id).order_by(found.c.id))


def dependants_of(
    tx: ReadTx, caller: Caller, some_id: UUID, page: Page, *, by_host_user: bool
) -> Listed[DependantPlace]:
    """One page of what depends on a credential, which is named by its own id or by that of its account."""
    mine = managed_user.c.host_user_id == some_id if by_host_user else credential.c.id == some_id
    there = sa.select(credential.c.id).select_from(PLACES).where(mine, credential.c.deleted_at.is_(None))
    if tx.scalar(there.where(*visible(caller))) is None:
        raise NotFound("no such credential")
    where = resource.alias("dependant_resource")
    columns: dict[str, sa.ColumnElement[Any]] = {
        **{name: dependant.c[name] for name in ("id", "credential_id", "name", "kind", "resource_id")},
        "username": credential.c.username,
        "resource_name": where.c.name,
        "dns_name": where.c.dns_name,
        "host_user_id": managed_user.c.host_user_id,
        "last_changed_at": managed_user.c.last_changed_at,
        "next_change_at": managed_user.c.next_change_at,
        "last_state": _state(rotation.c.ended_at.is_not(None)),
        "open_state": _state(rotation.c.ended_at.is_(None)),
    }
    query = (
        sa.select(*(columns[name].label(name) for name in DependantPlace.__struct_fields__))
        .select_from(
            dependant.join(credential, credential.c.id == dependant.c.credential_id)
            .join(where, where.c.id == dependant.c.resource_id)
            .outerjoin(managed_user, managed_user.c.credential_id == credential.c.id)
        )
        .where(mine)
    )
    ordered: dict[str, sa.ColumnElement[Any]] = {
        "name": dependant.c.name_key,
        "resourcename": where.c.name_key,
        "dnshostname": where.c.dns_name,
    }
    return fetch(
        tx, DependantPlace, query, page, columns=ordered, tie=dependant.c.id, searched=["name", "resourcename"]
    )
