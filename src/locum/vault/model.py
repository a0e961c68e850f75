"""Tables of the vault. Nothing in them opens without the root key, which is never in the database."""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

vault_secret = sa.Table(
    "vault_secret",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("purpose", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("erased_at", UtcTime),
    sa.CheckConstraint("version >= 1", name="version"),
)

vault_secret_version = sa.Table(
    "vault_secret_version",
    metadata,
    sa.Column("secret_id", sa.Uuid, sa.ForeignKey("vault_secret.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("root_key_id", sa.String(32), nullable=False, index=True),
    sa.Column("wrapped_dek", sa.LargeBinary(60), nullable=False),
    sa.Column("commitment", sa.LargeBinary(32), nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

system_key = sa.Table(
    "system_key",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("secret_id", sa.Uuid, sa.ForeignKey("vault_secret.id"), nullable=False, unique=True),
)
