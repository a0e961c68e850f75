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
    _mail_wordings()


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
