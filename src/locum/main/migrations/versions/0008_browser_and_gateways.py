"""work in the browser, gateways of their own, and what came with them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _nodes()
    _archive()
    _favourites()
    _mail_wordings()
    _unreached_resources()


def _nodes() -> None:
    """Which nodes are alive."""
    op.create_table(
        "node_life",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("lost_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_node_life")),
    )


def _archive() -> None:
    """Which recordings lie in the archive, and their wrapped data keys."""
    op.add_column("connection", sa.Column("recording_archived_at", UtcTime(), nullable=True))
    op.add_column("connection", sa.Column("recording_key", sa.String(length=500), nullable=True))
    here = "recording_deleted_at IS NULL"
    for name, columns, which in (
        ("ix_connection_kept", ["closed_at"], f"recorded AND {here}"),
        (
            "ix_connection_not_archived",
            ["node", "closed_at"],
            f"recorded AND {here} AND recording_archived_at IS NULL",
        ),
        (
            "ix_connection_to_unarchive",
            ["recording_deleted_at"],
            "recording_deleted_at IS NOT NULL AND recording_archived_at IS NOT NULL",
        ),
    ):
        if name == "ix_connection_kept":
            op.drop_index(name, "connection")
        op.create_index(
            name,
            "connection",
            columns,
            sqlite_where=sa.text(which.replace("recorded AND", "recorded = 1 AND")),
            postgresql_where=sa.text(which),
        )


def _favourites() -> None:
    """What people keep at hand of their own access."""
    things = ("identity", "activity", "resource", "credential")
    op.create_table(
        "favourite",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(f"{one}_id", sa.Uuid(), nullable=one in ("resource", "credential")) for one in things),
        sa.Column("created_at", UtcTime(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_favourite_{one}_id_{one}"))
            for one in things
        ),
        sa.CheckConstraint(
            "(resource_id IS NULL) <> (credential_id IS NULL)", name=op.f("ck_favourite_about_one_thing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint("identity_id", "activity_id", "resource_id", name=op.f("uq_favourite_of_resource")),
        sa.UniqueConstraint(
            "identity_id", "activity_id", "credential_id", name=op.f("uq_favourite_of_credential")
        ),
    )


def _mail_wordings() -> None:
    """What mails of sessions under a connection profile say."""
    op.create_table(
        "mail_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_template")),
        sa.UniqueConstraint("name_key", name=op.f("uq_mail_template_name_key")),
    )


def _unreached_resources() -> None:
    """Which resources could not be reached when Locum last tried."""
    op.create_table(
        "unreached_resource",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("fk_unreached_resource_resource_id_resource")
        ),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_unreached_resource")),
    )
