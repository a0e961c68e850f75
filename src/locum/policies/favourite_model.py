"""The table of what people keep at hand of their own access."""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

favourite = sa.Table(
    "favourite",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("activity_id", sa.ForeignKey("activity.id"), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id")),
    sa.Column("credential_id", sa.ForeignKey("credential.id")),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.CheckConstraint("(resource_id IS NULL) <> (credential_id IS NULL)", name="about_one_thing"),
    sa.UniqueConstraint("identity_id", "activity_id", "resource_id", name="uq_favourite_of_resource"),
    sa.UniqueConstraint("identity_id", "activity_id", "credential_id", name="uq_favourite_of_credential"),
)
