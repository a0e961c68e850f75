"""credential release, notices and what the gateway is told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import BIG_ID, UtcTime
from locum.kit.names import name_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _target_accounts()
    _host_keys()
    _gateway()
    _past_sessions()
    _recorded_text()
    _lanes()
    _credential_release()
    _mail()
    _asked_tiers()


def _gateway() -> None:
    op.create_table(
        "channel_rules",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("shell", sa.Boolean(), nullable=False),
        sa.Column("command", sa.Boolean(), nullable=False),
        sa.Column("upload", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.Column("paths", sa.JSON(), nullable=False),
        sa.Column("max_file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("destinations", sa.JSON(), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["connection_profile.id"], name=op.f("fk_channel_rules_profile_id")
        ),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_channel_rules")),
    )


def _past_sessions() -> None:
    """A million of them are found by index, and in the text of their notes and tickets."""
    op.add_column("access_session", sa.Column("search_key", sa.String(600), server_default="", nullable=False))
    there = sa.table("access_session", *(sa.column(name) for name in ("id", "note", "ticket", "search_key")))
    noted = sa.or_(there.c.note.is_not(None), there.c.ticket.is_not(None))
    for row in op.get_bind().execute(sa.select(there).where(noted)).all():
        key = "\x1f".join(name_key(part) for part in (row.ticket, row.note) if part)[:600]
        op.get_bind().execute(sa.update(there).where(there.c.id == row.id).values(search_key=key))
    for name in ("identity_id", "resource_id", "created_at"):
        op.drop_index(f"ix_access_session_{name}", "access_session")
    for name in ("identity_id", "resource_id", "activity_id", "policy_id"):
        op.create_index(f"ix_access_session_{name}", "access_session", [name, "status", "created_at", "id"])
    op.create_index("ix_access_session_created_at", "access_session", ["created_at", "id", "status"])
    noted_only = sa.text("search_key <> ''")
    op.create_index(
        "ix_access_session_search",
        "access_session",
        ["search_key", "status", "created_at", "id", "identity_id", "policy_id", "activity_id", "resource_id"],
        sqlite_where=noted_only,
        postgresql_where=noted_only,
    )


def _recorded_text() -> None:
    with op.batch_alter_table("connection") as batch_op:
        batch_op.add_column(sa.Column("recording_deleted_at", UtcTime(), nullable=True))
    op.create_index(
        "ix_connection_kept",
        "connection",
        ["node", "closed_at"],
        sqlite_where=sa.text("recorded = 1 AND recording_deleted_at IS NULL"),
        postgresql_where=sa.text("recorded AND recording_deleted_at IS NULL"),
    )
    op.create_table(
        "recorded_text",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("cut", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_recorded_text_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_recorded_text")),
    )
    op.create_index(
        "ix_recorded_text_node",
        "recorded_text",
        ["node", "connection_id"],
        sqlite_where=sa.text("done = 0"),
        postgresql_where=sa.text("done = false"),
    )
    op.create_table(
        "recorded_line",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("stream IN (2, 3)", name=op.f("ck_recorded_line_stream")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_recorded_line_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorded_line")),
    )
    op.create_index("ix_recorded_line_connection_id", "recorded_line", ["connection_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE recorded_line_letters USING fts5"
            "(text, content='recorded_line', content_rowid='id', tokenize='trigram')"
        )
    else:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute("CREATE INDEX ix_recorded_line_letters ON recorded_line USING gin (text gin_trgm_ops)")
    # What earlier releases recorded is indexed by the node that has it.
    op.execute("INSERT INTO recorded_text (connection_id, node) SELECT id, node FROM connection WHERE recorded")


def _target_accounts() -> None:
    """Which account of the resource a session was said to sign in as."""
    with op.batch_alter_table("access_session") as batch_op:
        batch_op.add_column(sa.Column("target_account_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_access_session_target_account_id_host_user"), "host_user", ["target_account_id"], ["id"]
        )


def _lanes() -> None:
    """Work that is due waits for its resource from now on, not only for a place."""
    op.add_column("job", sa.Column("lane", sa.Uuid(), nullable=True))
    job = sa.table("job", *(sa.column(name) for name in ("kind", "subject_id", "lane")))
    for kind, table in (("session", "access_session"), ("rotation", "rotation")):
        subject = sa.table(table, sa.column("id"), sa.column("resource_id"))
        of = sa.select(subject.c.resource_id).where(subject.c.id == job.c.subject_id).scalar_subquery()
        op.get_bind().execute(sa.update(job).where(job.c.kind == kind).values(lane=of))


def _host_keys() -> None:
    """The key that a resource was refused for, until an administrator trusts it."""
    with op.batch_alter_table("resource") as batch_op:
        batch_op.add_column(sa.Column("discovered_host_key", sa.String(length=2000), nullable=True))


def _credential_release() -> None:
    """Sessions of a credential instead of a resource, their leases, and groups of credentials in policies."""
    with op.batch_alter_table("activity") as batch_op:
        batch_op.drop_constraint(op.f("ck_activity_type"), type_="check")
        batch_op.create_check_constraint(op.f("ck_activity_type"), "type IN (0, 3)")
    with op.batch_alter_table("access_session") as batch_op:
        batch_op.alter_column("resource_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("credential_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_access_session_credential_id_credential"), "credential", ["credential_id"], ["id"]
        )
        batch_op.create_check_constraint(
            op.f("ck_access_session_about_one_thing"), "(resource_id IS NULL) <> (credential_id IS NULL)"
        )
    op.create_index(
        "ix_access_session_credential_id", "access_session", ["credential_id", "status", "created_at", "id"]
    )
    with op.batch_alter_table("lease") as batch_op:
        batch_op.add_column(sa.Column("session_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_lease_session_id_access_session"), "access_session", ["session_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_lease_session_id"), ["session_id"])
    op.create_table(
        "policy_credential_group",
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_credential_group_policy_id_policy")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["credential_group.id"],
            name=op.f("fk_policy_credential_group_member_id_credential_group"),
        ),
        sa.PrimaryKeyConstraint("policy_id", "member_id", name=op.f("pk_policy_credential_group")),
    )
    op.create_index("ix_policy_credential_group_member_id", "policy_credential_group", ["member_id", "policy_id"])


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name=op.f("ck_mail_state")),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name=op.f("ck_mail_ended_has_time")),
        sa.CheckConstraint("(state = 'waiting') = (body IS NOT NULL)", name=op.f("ck_mail_waiting_has_body")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_mail_tries")),
    )
    op.create_index("ix_mail_about_id", "mail", ["about_id", "topic"])
    op.create_index("ix_mail_created_at", "mail", ["created_at", "id"])
    op.create_table(
        "mail_setup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("public_url", sa.String(length=1000), nullable=False),
        sa.Column("alarm_to", sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_setup")),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_setup_only_one")),
    )


def _asked_tiers() -> None:
    """Tiers may be asked together. What waits is asked what it was asked before."""
    op.create_table(
        "asked_tier",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tier_id", sa.Uuid(), nullable=False),
        sa.Column("tier_number", sa.Integer(), nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["access_session.id"], name=op.f("fk_asked_tier_session_id")),
        sa.PrimaryKeyConstraint("session_id", "tier_id", name=op.f("pk_asked_tier")),
    )
    session = sa.table(
        "access_session", *(sa.column(name) for name in ("id", "workflow_id", "tier_number", "tier_escalated"))
    )
    tier = sa.table("approval_tier", *(sa.column(name) for name in ("id", "workflow_id", "number")))
    s, t = session.c, tier.c
    asked = sa.select(s.id, t.id, t.number, s.tier_escalated).where(
        s.workflow_id == t.workflow_id, s.tier_number == t.number
    )
    into = sa.table(
        "asked_tier", *(sa.column(name) for name in ("session_id", "tier_id", "tier_number", "escalated"))
    )
    op.get_bind().execute(
        sa.insert(into).from_select(["session_id", "tier_id", "tier_number", "escalated"], asked)
    )
    op.drop_column("access_session", "tier_escalated")
    with op.batch_alter_table("approval") as batch_op:
        batch_op.drop_constraint(op.f("uq_approval_session_id_tier_number_approver_id"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_approval_session_id_tier_id_approver_id"), ["session_id", "tier_id", "approver_id"]
        )
