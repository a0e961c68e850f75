"""Rotations of a credential, with what became of each dependant: never with a secret."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import managed_user
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page, fetch
from locum.resources.model import resource
from locum.rotation.model import dependant, dependant_update, rotation


class RotationRow(msgspec.Struct, frozen=True):
    """One rotation as the lists show it."""

    id: UUID
    credential_id: UUID
    managed_user_id: UUID | None
    rollback_of: UUID | None
    reason: str
    state: int
    requested_by: UUID | None
    requested_by_name: str
    requested_from: str | None
    aborted_by: UUID | None
    aborted_by_name: str | None
    aborted_from: str | None
    last_error: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    changed_at: dt.datetime | None
    ended_at: dt.datetime | None


class UpdateRow(msgspec.Struct, frozen=True):
    """One dependant within one rotation."""

    rotation_id: UUID
    dependant_id: UUID
    name: str
    resource_id: UUID
    resource_name: str
    state: str
    updated_at: dt.datetime | None
    last_error: str | None


class _Named(msgspec.Struct, frozen=True):
    id: UUID
    credential_id: UUID


_COLUMNS = [
    managed_user.c.id.label("managed_user_id") if name == "managed_user_id" else rotation.c[name]
    for name in RotationRow.__struct_fields__
]
_QUERY = sa.select(*_COLUMNS).select_from(
    rotation.outerjoin(managed_user, managed_user.c.credential_id == rotation.c.credential_id)
)
_ORDERED: dict[str, sa.ColumnElement[Any]] = {
    "createddatetimeutc": rotation.c.created_at,
    "enddatetimeutc": rotation.c.ended_at,
    "status": rotation.c.state,
    "createdbyusername": rotation.c.requested_by_name,
}


def rotations(tx: ReadTx, credential_id: UUID, page: Page) -> Listed[RotationRow]:
    """One page of a credential's rotations, newest first unless ordered."""
    if page.order_by is None:
        page = Page(page.skip, page.take, "createdDateTimeUtc", True, page.filter_text)
    query = _QUERY.where(rotation.c.credential_id == credential_id)
    return fetch(tx, RotationRow, query, page, columns=_ORDERED, tie=rotation.c.id, searched=["createdbyusername"])


def one_rotation(tx: ReadTx, rotation_id: UUID) -> RotationRow:
    """The rotation, or NotFound."""
    found = tx.first(RotationRow, _QUERY.where(rotation.c.id == rotation_id))
    if found is None:
        raise NotFound("no such rotation")
    return found


def named_credentials(tx: ReadTx, ids: list[UUID]) -> list[UUID]:
    """The credentials that these ids name, as theirs or as their managed users'; an unknown one stands for itself."""
    c = managed_user.c
    found = tx.rows(_Named, sa.select(c.id, c.credential_id).where(c.id.in_(ids)))
    credentials = {row.id: row.credential_id for row in found}
    return list(dict.fromkeys(credentials.get(one, one) for one in ids))


def updates(tx: ReadTx, rotation_ids: list[UUID]) -> dict[UUID, list[UpdateRow]]:
    """The dependants of each of these rotations in their order: one statement for a page."""
    u, d = dependant_update.c, dependant.c
    query = (
        sa.select(
            u.rotation_id,
            u.dependant_id,
            d.name,
            d.resource_id,
            resource.c.name.label("resource_name"),
            u.state,
            u.updated_at,
            u.last_error,
        )
        .join(dependant, d.id == u.dependant_id)
        .join(resource, resource.c.id == d.resource_id)
        .where(u.rotation_id.in_(rotation_ids))
        .order_by(u.rotation_id, u.position)
    )
    found: dict[UUID, list[UpdateRow]] = {rotation_id: [] for rotation_id in rotation_ids}
    for row in tx.rows(UpdateRow, query):
        found[row.rotation_id].append(row)
    return found
