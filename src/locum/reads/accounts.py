"""The list of identities, as an administrator's page shows it: one row each, a bounded number of statements."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.model import Kind, identity, identity_role, local_login
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page, fetch
from locum.policies.joins import count_for_identity
from locum.policies.model import policy, policy_identity, policy_resource
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session


class AccountRow(msgspec.Struct, frozen=True):
    """One identity. `locked_until` is set only while it lies ahead."""

    id: UUID
    kind: int
    name: str
    display_name: str | None
    sam_account_name: str | None
    department: str | None
    user_principal_name: str | None
    email: str | None
    last_sign_in_at: dt.datetime | None
    certificate_serial: str | None
    locked: bool
    locked_until: dt.datetime | None
    is_reviewer: bool
    active_session_count: int
    scheduled_session_count: int
    access_policy_count: int
    created_at: dt.datetime
    modified_at: dt.datetime


# What a list may be ordered by, and its text looked for in.
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "name": identity.c.name_key,
    "displayname": identity.c.display_name,
    "samaccountname": identity.c.sam_account_name,
    "department": identity.c.department,
    "userprincipalname": identity.c.user_principal_name,
    "email": identity.c.email,
    "entitytype": identity.c.kind,
    "lastlogontimestamp": identity.c.last_sign_in_at,
    "locked": identity.c.locked,
    "shownname": identity.c.name,
}
_REVIEWER = sa.exists().where(identity_role.c.identity_id == identity.c.id, identity_role.c.role == "Reviewer")
_SEARCHED = ["shownname", "name", "displayname", "samaccountname", "userprincipalname", "email", "department"]


def search(
    tx: ReadTx,
    page: Page,
    *,
    kind: Kind | None = None,
    resource_id: UUID | None = None,
    condition: sa.ColumnElement[bool] | None = None,
) -> Listed[AccountRow]:
    """One page of identities (ManagedAccount.Search, USER-02), those a live policy gives the resource to if asked.

    `condition` on a row of `identity` narrows the list further.
    """
    query = _accounts(tx)
    if condition is not None:
        query = query.where(condition)
    if kind is not None:
        query = query.where(identity.c.kind == kind)
    if resource_id is not None:
        query = query.where(identity.c.id.in_(_with_access(resource_id)))
    return fetch(tx, AccountRow, query, page, columns=_COLUMNS, tie=identity.c.id, searched=_SEARCHED)


def reviewers(tx: ReadTx, page: Page, *, kind: Kind | None = None, candidates: bool = False) -> Listed[AccountRow]:
    """One page of reviewers, or of the people who could become one (USER-07)."""
    query = _accounts(tx).where(~_REVIEWER if candidates else _REVIEWER)
    if candidates:
        query = query.where(identity.c.kind.in_([Kind.DOMAIN_USER, Kind.LOCAL]))
    if kind is not None:
        query = query.where(identity.c.kind == kind)
    return fetch(tx, AccountRow, query, page, columns=_COLUMNS, tie=identity.c.id, searched=_SEARCHED)


def all_reviewers(tx: ReadTx) -> list[AccountRow]:
    """Every reviewer, by name."""
    query = _accounts(tx).where(_REVIEWER)
    return tx.rows(AccountRow, query.order_by(identity.c.name_key))


def one(tx: ReadTx, identity_id: UUID) -> AccountRow:
    """One identity as the list shows it. Raises NotFound."""
    found = tx.first(AccountRow, _accounts(tx).where(identity.c.id == identity_id))
    if found is None:
        raise NotFound("there is no account with this id")
    return found


def _accounts(tx: ReadTx) -> sa.Select[Any]:
    columns = (
        identity.c.id,
        identity.c.kind,
        identity.c.name,
        identity.c.display_name,
        identity.c.sam_account_name,
        identity.c.department,
        identity.c.user_principal_name,
        identity.c.email,
        identity.c.last_sign_in_at,
        identity.c.certificate_serial,
        identity.c.locked,
        sa.case((local_login.c.locked_until > tx.now, local_login.c.locked_until)).label("locked_until"),
        _REVIEWER.label("is_reviewer"),
        _sessions(Status.ACTIVE).label("active_session_count"),
        _sessions(Status.APPROVAL_REQUIRED, Status.PENDING).label("scheduled_session_count"),
        count_for_identity().label("access_policy_count"),
        identity.c.created_at,
        identity.c.modified_at,
    )
    with_login = identity.outerjoin(local_login, local_login.c.identity_id == identity.c.id)
    return sa.select(*columns).select_from(with_login).where(identity.c.deleted_at.is_(None))


def _sessions(*states: Status) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(access_session)
        .where(access_session.c.identity_id == identity.c.id, access_session.c.status.in_(states))
        .scalar_subquery()
    )


def _with_access(resource_id: UUID) -> sa.Select[Any]:
    return (
        sa.select(policy_identity.c.member_id)
        .join(policy, policy.c.id == policy_identity.c.policy_id)
        .join(policy_resource, policy_resource.c.policy_id == policy.c.id)
        .where(
            policy_resource.c.member_id == resource_id,
            policy.c.is_deleted.is_(False),
            policy.c.is_disabled.is_(False),
        )
    )
