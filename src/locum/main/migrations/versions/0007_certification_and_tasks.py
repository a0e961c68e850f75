"""certification, tasks, what profiles ask and locks of activities"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _certification()
    _tasks()
    _profiles()
    _gateway()
    _activity_locks()
    _host_keys()
    _logons()
    _mail_templates()
    _backward_forwarding()
    _legacy_algorithms()
    _links()


def _certification() -> None:
    """Who has which access, a reviewer's word on it, and what stays denied."""
    op.create_table(
        "certification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("deadline", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["identity.id"], name=op.f("fk_certification_reviewer_id_identity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
        sa.UniqueConstraint("name_key", name=op.f("uq_certification_name_key")),
    )
    op.create_index("ix_certification_reviewer_id", "certification", ["reviewer_id"])
    for member in ("identity", "policy"):
        table = f"certification_{member}"
        op.create_table(
            table,
            sa.Column("certification_id", sa.Uuid(), nullable=False),
            sa.Column("member_id", sa.Uuid(), nullable=False),
            _points(table, "certification_id", "certification"),
            _points(table, "member_id", member),
            sa.PrimaryKeyConstraint("certification_id", "member_id", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "certification_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certification_id", sa.Uuid(), nullable=False),
        *_access("certification_row"),
        sa.Column("group_name", sa.String(length=256), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        _points("certification_row", "certification_id", "certification"),
        _points("certification_row", "decided_by", "identity"),
        sa.CheckConstraint("status IN (1, 2, 3)", name=op.f("ck_certification_row_status")),
        sa.CheckConstraint(
            "(status = 1) = (decided_at IS NULL)", name=op.f("ck_certification_row_decided_has_time")
        ),
        sa.CheckConstraint(
            "(status = 1) = (decided_by IS NULL)", name=op.f("ck_certification_row_decided_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_row")),
    )
    op.create_index("ix_certification_row_certification_id", "certification_row", ["certification_id", "status"])
    access = ("identity_id", "policy_id", "activity_id")
    op.create_table(
        "access_denial",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_access("access_denial"),
        sa.Column("certification_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("denied_by", sa.Uuid(), nullable=False),
        sa.Column("denied_at", UtcTime(), nullable=False),
        _points("access_denial", "certification_id", "certification"),
        _points("access_denial", "denied_by", "identity"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_denial")),
        sa.UniqueConstraint(*access, "resource_id", name=op.f("uq_access_denial_of_resource")),
        sa.UniqueConstraint(*access, "credential_id", name=op.f("uq_access_denial_of_credential")),
    )


def _access(table: str) -> list[sa.schema.SchemaItem]:
    """Somebody's access under a policy: an activity on a resource, or the release of a credential."""
    things = ("identity", "policy", "activity", "resource", "credential")
    return [
        *(sa.Column(f"{one}_id", sa.Uuid(), nullable=one in ("resource", "credential")) for one in things),
        *(_points(table, f"{one}_id", one) for one in things),
        sa.CheckConstraint(
            "(resource_id IS NULL) <> (credential_id IS NULL)", name=op.f(f"ck_{table}_about_one_thing")
        ),
    ]


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _tasks() -> None:
    """Activities that run by themselves, and when a script was begun."""
    with op.batch_alter_table("activity") as batch_op:
        batch_op.drop_constraint(op.f("ck_activity_type"), type_="check")
        batch_op.create_check_constraint(op.f("ck_activity_type"), "type IN (0, 2, 3)")
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.add_column(sa.Column("begun_at", UtcTime(), nullable=True))


def _profiles() -> None:
    """Who was a member before a session has always stayed one, whatever the profile said: so say it from now on."""
    with op.batch_alter_table("connection_profile") as batch_op:
        batch_op.alter_column("leave_in_group", existing_type=sa.Boolean(), server_default=sa.true())
    profile = sa.table("connection_profile", sa.column("leave_in_group", sa.Boolean))
    op.get_bind().execute(sa.update(profile).values(leave_in_group=True))


def _gateway() -> None:
    op.create_table(
        "command_restriction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("mail_to", sa.String(length=320), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command_restriction")),
        sa.UniqueConstraint("name_key", name=op.f("uq_command_restriction_name_key")),
    )
    op.create_table(
        "profile_command_restriction",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("restriction_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["connection_profile.id"],
            name=op.f("fk_profile_command_restriction_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["restriction_id"],
            ["command_restriction.id"],
            name=op.f("fk_profile_command_restriction_restriction_id"),
        ),
        sa.PrimaryKeyConstraint("profile_id", "restriction_id", name=op.f("pk_profile_command_restriction")),
    )
    op.create_index(
        "ix_profile_command_restriction_restriction_id",
        "profile_command_restriction",
        ["restriction_id", "profile_id"],
    )
    op.create_index(
        "ix_connection_open",
        "connection",
        ["identity_id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _activity_locks() -> None:
    op.create_table(
        "activity_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("locked_by", sa.Uuid(), nullable=True),
        sa.Column("locked_at", UtcTime(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(resource_id IS NULL) <> (credential_id IS NULL)", name=op.f("ck_activity_lock_about_one_thing")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_lock_activity_id")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_activity_lock_credential_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_activity_lock_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_lock")),
        sa.UniqueConstraint("resource_id", "activity_id", name=op.f("uq_activity_lock_resource_id_activity_id")),
        sa.UniqueConstraint(
            "credential_id", "activity_id", name=op.f("uq_activity_lock_credential_id_activity_id")
        ),
    )


def _host_keys() -> None:
    """A changed host key was refused whatever a resource said: an upgrade lets nobody in who was kept out."""
    op.execute(sa.text("UPDATE resource SET ssh_trust_action = 2"))


def _logons() -> None:
    """What is known of sign-ins past the gateway."""
    op.create_table(
        "logon_watch",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("signed_in_since", UtcTime(), nullable=True),
        sa.Column("trouble", sa.String(length=1000), nullable=True),
        sa.Column("told_of_end", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["access_session.id"], name=op.f("fk_logon_watch_session_id_access_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_logon_watch")),
    )


def _mail_templates() -> None:
    """What connection profiles of the contract say besides: kept and given back."""
    with op.batch_alter_table("connection_profile") as batch_op:
        for when in ("approved_workflow", "notify_approvers_workflow", "approval_workflow"):
            batch_op.add_column(sa.Column(f"{when}_email_template_id", sa.Uuid(), nullable=True))


def _backward_forwarding() -> None:
    """What the target may open to the person: nothing, until a profile says so."""
    with op.batch_alter_table("channel_rules") as batch_op:
        batch_op.add_column(sa.Column("listen", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("agent", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("x11", sa.Boolean(), nullable=False, server_default=sa.false()))


def _legacy_algorithms() -> None:
    """Which old SSH servers may be spoken to in weak ways: none."""
    with op.batch_alter_table("resource") as batch_op:
        batch_op.add_column(
            sa.Column("legacy_algorithms", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def _links() -> None:
    """What lets one connection into a session without another sign-in."""
    op.add_column("access_session", sa.Column("entry_digest", sa.LargeBinary(length=32), nullable=True))
    op.add_column("access_session", sa.Column("entry_until", UtcTime(), nullable=True))
