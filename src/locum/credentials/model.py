"""Table of logins on resources whose secrets we keep. The secret itself is in the vault, by `secret_id`."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class CredentialType(IntEnum):
    """Numbers of the contract's CredentialType: 0 is a service account that Locum itself uses."""

    CONFIGURATION = 0
    USER = 1
    SERVICE = 2


class AuthenticationMethod(IntEnum):
    """Numbers of the contract's AuthenticationMethodType."""

    PASSWORD = 0
    SSH_KEY = 1
    SSH_KEY_AND_PASSWORD = 2


credential = sa.Table(
    "credential",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("username", sa.String(256), nullable=False),
    sa.Column("domain", sa.String(256), nullable=False),
    sa.Column("login_key", sa.String(520), nullable=False, unique=True),
    sa.Column("name", sa.String(256)),
    sa.Column("description", sa.String(1000)),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("platform_id", sa.ForeignKey("platform.id")),
    sa.Column("authentication_method", sa.Integer, nullable=False),
    sa.Column("password_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("private_key_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("public_key", sa.String(4000)),
    sa.Column("elevation_command", sa.String(256)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 1, 2)", name="type"),
    sa.CheckConstraint("authentication_method IN (0, 1, 2)", name="authentication_method"),
    sa.Index("ix_credential_platform_id", "platform_id"),
)


class Credential(msgspec.Struct, frozen=True):
    """`login_key` is domain and user name normalised: no two credentials share it (CRED-01)."""

    id: UUID
    username: str
    domain: str
    login_key: str
    name: str | None
    description: str | None
    type: int
    platform_id: UUID | None
    authentication_method: int
    password_secret_id: UUID | None
    private_key_secret_id: UUID | None
    public_key: str | None
    elevation_command: str | None
    created_at: dt.datetime
    modified_at: dt.datetime
