"""Tables of what an administrator has locked: a resource, or an activity in one place (SES-09)."""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

resource_lock = sa.Table(
    "resource_lock",
    metadata,
    sa.Column("resource_id", sa.ForeignKey("resource.id"), primary_key=True),
    sa.Column("locked_by", sa.Uuid),
    sa.Column("locked_at", UtcTime, nullable=False),
    sa.Column("message", sa.String(1000)),
)
"""Resources on which no access session starts, nor one of a credential that lives there."""

activity_lock = sa.Table(
    "activity_lock",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("activity_id", sa.ForeignKey("activity.id"), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id")),
    sa.Column("credential_id", sa.ForeignKey("credential.id")),
    sa.Column("locked_by", sa.Uuid),
    sa.Column("locked_at", UtcTime, nullable=False),
    sa.Column("message", sa.String(1000)),
    sa.UniqueConstraint("resource_id", "activity_id"),
    sa.UniqueConstraint("credential_id", "activity_id"),
    sa.CheckConstraint("(resource_id IS NULL) <> (credential_id IS NULL)", name="about_one_thing"),
)
"""Activities that nobody starts on that resource, or with that credential."""
