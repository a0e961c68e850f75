"""Certifications with how far they are, their rows with names, and the denials there are (CERT-01)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, connection_profile
from locum.credentials.model import SHOWN_NAME, credential
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch
from locum.policies.certification_model import (
    RowStatus,
    TaskStatus,
    access_denial,
    certification,
    certification_identity,
    certification_policy,
    certification_row,
)
from locum.policies.model import policy
from locum.resources.model import resource
from locum.sessions.model import access_session


class TaskRow(msgspec.Struct, frozen=True):
    """A certification: `open_rows` wait for a decision; `last_decided_at` is the latest one's."""

    id: UUID
    name: str
    description: str | None
    reviewer_id: UUID
    reviewer: str
    deadline: dt.datetime | None
    started_at: dt.datetime | None
    created_at: dt.datetime
    modified_at: dt.datetime
    chosen: bool
    open_rows: int
    last_decided_at: dt.datetime | None

    @property
    def status(self) -> TaskStatus:
        """It is complete once nothing that can still be had waits; before its start it is set up, or ready."""
        if self.started_at is None:
            return TaskStatus.READY_TO_START if self.chosen else TaskStatus.SETUP
        return TaskStatus.INCOMPLETE if self.open_rows else TaskStatus.COMPLETE


class CertifiedRow(msgspec.Struct, frozen=True):
    """One access of a certification, by the names of today. `last_start`: when the person used it last."""

    id: UUID
    identity_id: UUID
    user_name: str
    policy_id: UUID
    policy_name: str
    profile_name: str
    activity_id: UUID
    activity_name: str
    resource_id: UUID | None
    resource_name: str | None
    credential_id: UUID | None
    credential_name: str | None
    group_name: str | None
    status: int
    notes: str | None
    decided_at: dt.datetime | None
    created_at: dt.datetime
    last_start: dt.datetime | None


class DenialRow(msgspec.Struct, frozen=True):
    """A denial with the name of the certification it came from."""

    id: UUID
    identity_id: UUID
    policy_id: UUID
    activity_id: UUID
    resource_id: UUID | None
    credential_id: UUID | None
    certification_id: UUID
    certification_name: str
    reason: str
    denied_at: dt.datetime


def certifications(tx: ReadTx, page: Page, *, reviewer_id: UUID | None = None) -> Listed[TaskRow]:
    """One page of them by name; of one reviewer, those that have started: two statements."""
    query = _tasks()
    c = certification.c
    if reviewer_id is not None:
        query = query.where(c.reviewer_id == reviewer_id, c.started_at.is_not(None))
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": c.name_key,
        "shownname": c.name,
        "description": c.description,
        "reviewer": identity.c.name,
        "startdatetimeutc": c.started_at,
        "deadlinedatetimeutc": c.deadline,
    }
    searched = ["shownname", "description", "reviewer"]
    return fetch(tx, TaskRow, query, page, columns=columns, tie=[c.name_key, c.id], searched=searched)


def one(tx: ReadTx, certification_id: UUID) -> TaskRow:
    """One that there is."""
    (found,) = tx.rows(TaskRow, _tasks().where(certification.c.id == certification_id))
    return found


def _tasks() -> sa.Select[Any]:
    c, row = certification.c, certification_row.c
    mine = row.certification_id == c.id
    waiting = (
        sa.select(sa.func.count())
        .select_from(certification_row)
        .join(identity, identity.c.id == row.identity_id)
        .join(policy, policy.c.id == row.policy_id)
        .join(activity, activity.c.id == row.activity_id)
        .outerjoin(credential, credential.c.id == row.credential_id)
        .where(
            mine,
            row.status == RowStatus.REQUESTED,
            # What is gone nobody can have: it keeps no certification from its end.
            identity.c.deleted_at.is_(None),
            policy.c.is_deleted.is_(False),
            activity.c.is_deleted.is_(False),
            credential.c.deleted_at.is_(None),
        )
        .correlate(certification)
    )
    last = sa.select(sa.func.max(row.decided_at)).where(mine).correlate(certification)
    chosen = sa.or_(
        *(
            sa.exists().where(table.c.certification_id == c.id)
            for table in (certification_identity, certification_policy)
        )
    )
    own = (c[name] for name in TaskRow.__struct_fields__ if name in c)
    return sa.select(
        *own,
        identity.c.name.label("reviewer"),
        chosen.label("chosen"),
        waiting.scalar_subquery().label("open_rows"),
        last.scalar_subquery().label("last_decided_at"),
    ).join(identity, identity.c.id == c.reviewer_id)


def rows(tx: ReadTx, page: Page, certification_id: UUID, *, status: int | None = None) -> Listed[CertifiedRow]:
    """One page of the accesses of a certification, by person and policy: two statements."""
    c = certification_row.c
    query = (
        sa.select(
            *(c[name] for name in CertifiedRow.__struct_fields__ if name in c),
            identity.c.name.label("user_name"),
            policy.c.name.label("policy_name"),
            connection_profile.c.name.label("profile_name"),
            activity.c.name.label("activity_name"),
            resource.c.name.label("resource_name"),
            SHOWN_NAME.label("credential_name"),
            _last_start().label("last_start"),
        )
        .join(identity, identity.c.id == c.identity_id)
        .join(policy, policy.c.id == c.policy_id)
        .join(connection_profile, connection_profile.c.id == policy.c.connection_profile_id)
        .join(activity, activity.c.id == c.activity_id)
        .outerjoin(resource, resource.c.id == c.resource_id)
        .outerjoin(credential, credential.c.id == c.credential_id)
        .where(c.certification_id == certification_id)
    )
    if status is not None:
        query = query.where(c.status == status)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "username": identity.c.name,
        "accesscontrolpolicy": policy.c.name,
        "activity": activity.c.name,
        "resource": resource.c.name,
        "credential": SHOWN_NAME,
        "groupname": c.group_name,
        "status": c.status,
    }
    searched = ["username", "accesscontrolpolicy", "activity", "resource", "credential", "groupname"]
    tie = [identity.c.name, policy.c.name_key, activity.c.name_key, c.id]
    return fetch(tx, CertifiedRow, query, page, columns=columns, tie=tie, searched=searched)


def _last_start() -> sa.ScalarSelect[Any]:
    s, c = access_session.c, certification_row.c
    query = sa.select(sa.func.max(s.actual_start)).where(
        s.identity_id == c.identity_id,
        s.policy_id == c.policy_id,
        s.activity_id == c.activity_id,
        sa.or_(s.resource_id == c.resource_id, s.credential_id == c.credential_id),
    )
    return query.correlate(certification_row).scalar_subquery()


def denials(tx: ReadTx, page: Page, *, identity_id: UUID | None = None) -> Listed[DenialRow]:
    """One page of what is denied, the latest first unless ordered otherwise: two statements."""
    d = access_denial.c
    query = (
        sa.select(
            *(d[name] for name in DenialRow.__struct_fields__ if name in d),
            certification.c.name.label("certification_name"),
        )
        .join(certification, certification.c.id == d.certification_id)
        .join(identity, identity.c.id == d.identity_id)
    )
    if identity_id is not None:
        query = query.where(d.identity_id == identity_id)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "createddatetimeutc": d.denied_at,
        "denyingtaskname": certification.c.name,
        "reason": d.reason,
        "username": identity.c.name,
    }
    if page.order_by is None:
        page = Page(page.skip, page.take, "createddatetimeutc", not page.descending, page.filter_text)
    searched = ["username", "denyingtaskname", "reason"]
    return fetch(tx, DenialRow, query, page, columns=columns, tie=d.id, searched=searched)
