"""Table of approval workflows, which connection profiles name; their tiers are in `sessions.approval_model`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

approval_workflow = sa.Table(
    "approval_workflow",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("self_approval", sa.Boolean, nullable=False),
    sa.Column("modified_by", sa.Uuid),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Column("deleted_at", UtcTime),
)


class Workflow(msgspec.Struct, frozen=True):
    """Whose yes a request needs: one to three tiers. `self_approval`: a listed requester may say yes to it too."""

    id: UUID
    name: str
    name_key: str
    self_approval: bool
    modified_by: UUID | None
    created_at: dt.datetime
    modified_at: dt.datetime
    deleted_at: dt.datetime | None
