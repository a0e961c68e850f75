"""The credentials whose secret a person can ask for, and the policies under which (POL-01, B.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.credentials.model import SHOWN_NAME, credential
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch, nothing
from locum.policies.model import PolicyType, policy
from locum.policies.visible import Given, credential_pairs, policies_of


class ReleasedRow(msgspec.Struct, frozen=True):
    """A credential that a person can ask for, by the name that lists of sessions show it with."""

    id: UUID
    name: str
    username: str
    domain: str


class ReleaseWayRow(msgspec.Struct, frozen=True):
    """A policy that gives a credential."""

    credential_id: UUID
    policy_id: UUID
    policy_name: str
    notes_required: bool
    ticket_required: bool
    max_session_minutes: int


class Released(msgspec.Struct, frozen=True):
    """How many credentials policies give, all together or each (`policy_id`), and the name of one."""

    policy_id: UUID | None
    total: int
    name: str


@dataclass(frozen=True, slots=True)
class OwnCredential:
    """A credential with every policy that gives it, the first to decide first."""

    row: ReleasedRow
    ways: list[ReleaseWayRow]


def credentials(
    tx: ReadTx,
    page: Page,
    identity_id: UUID,
    *,
    policy_id: UUID | None = None,
    key_policies: Collection[UUID] | None = None,
) -> Listed[OwnCredential]:
    """One page of the credentials that a person can ask for: four statements."""
    releasing = policies_of(
        tx, identity_id, key_policies=key_policies, policy_id=policy_id, type=PolicyType.CREDENTIAL
    )
    if not releasing:
        return nothing(page)
    held = credential_pairs(releasing).subquery()
    query = sa.select(credential.c.id, SHOWN_NAME.label("name"), credential.c.username, credential.c.domain)
    query = query.where(credential.c.deleted_at.is_(None), credential.c.id.in_(sa.select(held.c.credential_id)))
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": SHOWN_NAME,
        "username": credential.c.username,
        "domain": credential.c.domain,
    }
    found = fetch(
        tx, ReleasedRow, query, page, columns=columns, tie=[SHOWN_NAME, credential.c.id], searched=list(columns)
    )
    ways = _ways(tx, releasing, [row.id for row in found.rows])
    return Listed([OwnCredential(row, ways.get(row.id, [])) for row in found.rows], found.total)


def counts(tx: ReadTx, releasing: Given, *, by_policy: bool) -> dict[UUID | None, Released]:
    """How many credentials these policies give: one statement."""
    held = credential_pairs(releasing).subquery()
    of: sa.ColumnElement[Any] = held.c.policy_id if by_policy else sa.type_coerce(sa.null(), sa.Uuid)
    query = sa.select(
        of.label("policy_id"),
        sa.func.count(credential.c.id.distinct()).label("total"),
        sa.func.min(SHOWN_NAME).label("name"),
    ).select_from(held.join(credential, credential.c.id == held.c.credential_id))
    query = query.where(credential.c.deleted_at.is_(None))
    if by_policy:
        query = query.group_by(held.c.policy_id)
    return {row.policy_id: row for row in tx.rows(Released, query) if row.total}


def _ways(tx: ReadTx, releasing: Given, ids: list[UUID]) -> dict[UUID, list[ReleaseWayRow]]:
    if not ids:
        return {}
    held = credential_pairs(releasing).subquery()
    query = (
        sa.select(
            held.c.credential_id,
            policy.c.id.label("policy_id"),
            policy.c.name.label("policy_name"),
            policy.c.notes_required,
            policy.c.ticket_required,
            connection_profile.c.max_session_minutes,
        )
        .join(policy, policy.c.id == held.c.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .where(held.c.credential_id.in_(ids))
        .order_by(policy.c.priority, policy.c.name_key)
    )
    found: dict[UUID, list[ReleaseWayRow]] = {}
    for row in tx.rows(ReleaseWayRow, query):
        found.setdefault(row.credential_id, []).append(row)
    return found
