"""Tables of identities and of how they prove who they are.

A password, factor or key is never a column: `password_hash` is an argon2id string, codes and keys are keyed digests,
and what must be readable again (TOTP secret, API key) is a `…_secret_id` into the vault.
"""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.factor_choice import SecondFactor
from locum.kit.db import UtcTime, metadata


class Kind(IntEnum):
    """Numbers of the contract's ManagedAccountViewEntityTypeEnum."""

    DOMAIN_USER = 0
    GROUP = 1
    APPLICATION = 2
    COLLECTION = 3
    LOCAL = 4


PEOPLE = (Kind.DOMAIN_USER, Kind.APPLICATION, Kind.LOCAL)
"""Who can sign in and be given something by themselves; the others are sets of these."""
GROUPS = (Kind.GROUP, Kind.COLLECTION)


identity = sa.Table(
    "identity",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("display_name", sa.String(256)),
    sa.Column("email", sa.String(320)),
    sa.Column("department", sa.String(256)),
    sa.Column("user_principal_name", sa.String(320)),
    sa.Column("sam_account_name", sa.String(256)),
    sa.Column("description", sa.String(1000)),
    sa.Column("certificate_serial", sa.String(256)),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.Column("last_sign_in_at", UtcTime),
    sa.Column("tokens_valid_from", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime),
    sa.Column("deleted_at", UtcTime),
    sa.CheckConstraint("kind IN (0, 1, 2, 3, 4)", name="kind"),
    sa.Index("ix_identity_kind", "kind", "name_key"),
)

identity_member = sa.Table(
    "identity_member",
    metadata,
    sa.Column("group_id", sa.ForeignKey("identity.id"), primary_key=True),
    sa.Column("member_id", sa.ForeignKey("identity.id"), primary_key=True),
    sa.Index("ix_identity_member_member_id", "member_id", "group_id"),
)
"""Who belongs to a group, and which people, groups and applications to a collection (A.2)."""

identity_role = sa.Table(
    "identity_role",
    metadata,
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role", sa.String(16), primary_key=True),
    sa.CheckConstraint("role IN ('Admin', 'User', 'Reviewer', 'App', 'UserPlus')", name="role"),
)

local_login = sa.Table(
    "local_login",
    metadata,
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("password_hash", sa.String(256), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),
    sa.Column("failed_attempts", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcTime),
    sa.Column("second_factor", sa.String(16)),
    sa.Column("totp_secret_id", sa.Uuid),
    sa.Column("totp_pending_secret_id", sa.Uuid),
    sa.Column("totp_last_step", sa.BigInteger, nullable=False),
    sa.CheckConstraint("second_factor IN ('required', 'not_required')", name="second_factor"),
    sa.CheckConstraint("failed_attempts >= 0", name="failed_attempts"),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("used_at", UtcTime),
    sa.UniqueConstraint("identity_id", "digest"),
)

password_history = sa.Table(
    "password_history",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("password_hash", sa.String(256), nullable=False),
    sa.Column("replaced_at", UtcTime, nullable=False),
    sa.Index("ix_password_history_identity_id", "identity_id", "replaced_at"),
)

# A null list of operations, policies, credentials or addresses means any.
api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(256), nullable=False, server_default="API key"),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("secret_id", sa.Uuid),
    sa.Column("operations", sa.JSON(none_as_null=True)),
    sa.Column("policies", sa.JSON(none_as_null=True)),
    sa.Column("credentials", sa.JSON(none_as_null=True)),
    sa.Column("addresses", sa.JSON(none_as_null=True)),
    sa.Column("max_uses", sa.BigInteger),
    sa.Column("use_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_used_at", UtcTime),
    sa.Column("last_used_from", sa.String(64)),
    sa.Column("expires_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Uuid),
    sa.Column("revoked_at", UtcTime),
    sa.CheckConstraint("max_uses >= 1", name="max_uses"),
    sa.Index("ix_api_key_identity_id", "identity_id", "revoked_at"),
)

# One complete sign-in: its tokens and its cookie are good while it has not ended.
sign_in = sa.Table(
    "sign_in",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("api_key_id", sa.ForeignKey("api_key.id", ondelete="CASCADE")),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("cookie_digest", sa.LargeBinary(32), unique=True),
    sa.Column("address", sa.String(64)),
    sa.Column("client", sa.String(256)),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("last_used_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.CheckConstraint("method IN ('password', 'passkey', 'certificate')", name="method"),
    sa.Index("ix_sign_in_identity_id", "identity_id", "ended_at"),
)

passkey = sa.Table(
    "passkey",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("credential_id", sa.LargeBinary(1024), nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary(1024), nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("backed_up", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_used_at", UtcTime),
    sa.Index("ix_passkey_identity_id", "identity_id"),
)

# Challenges carry their own proof of origin; only one that was used is remembered, until it would have ended.
used_challenge = sa.Table(
    "used_challenge",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Index("ix_used_challenge_expires_at", "expires_at"),
)

ssh_key = sa.Table(
    "ssh_key",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("algorithm", sa.String(64), nullable=False),
    sa.Column("public_key", sa.String(4000), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Uuid),
    sa.Column("last_used_at", UtcTime),
    sa.Column("sign_in_id", sa.ForeignKey("sign_in.id", ondelete="CASCADE"), index=True),
    sa.UniqueConstraint("identity_id", "fingerprint"),
)

custom_role = sa.Table(
    "custom_role",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("target", sa.String(16), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("target IN ('policies', 'credentials', 'recordings')", name="target"),
)

custom_role_permission = sa.Table(
    "custom_role_permission",
    metadata,
    sa.Column("role_id", sa.ForeignKey("custom_role.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("permission", sa.String(64), primary_key=True),
)

# What a custom role is for. Of a kind that has no row, everything.
custom_role_scope = sa.Table(
    "custom_role_scope",
    metadata,
    sa.Column("role_id", sa.ForeignKey("custom_role.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("member_id", sa.Uuid, primary_key=True),
    sa.CheckConstraint("kind IN ('policy', 'activity', 'identity', 'resource', 'credential')", name="kind"),
)

custom_role_member = sa.Table(
    "custom_role_member",
    metadata,
    sa.Column("role_id", sa.ForeignKey("custom_role.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_custom_role_member_identity_id", "identity_id"),
)

signin_setting = sa.Table(
    "signin_setting",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(256), nullable=False),
)


class Identity(msgspec.Struct, frozen=True):
    """A row of `identity`, as creating one answers it."""

    id: UUID
    kind: Kind
    name: str
    display_name: str | None
    email: str | None
    department: str | None
    user_principal_name: str | None
    sam_account_name: str | None
    certificate_serial: str | None
    locked: bool
    created_at: dt.datetime
    last_sign_in_at: dt.datetime | None


class Login(msgspec.Struct, frozen=True):
    """All a sign-in has to know about one local user: `select(*LOGIN)`."""

    identity_id: UUID
    name: str
    display_name: str | None
    locked: bool
    expires_at: dt.datetime | None
    password_hash: str
    changed_at: dt.datetime
    must_change: bool
    failed_attempts: int
    locked_until: dt.datetime | None
    second_factor: SecondFactor | None
    totp_secret_id: UUID | None
    totp_pending_secret_id: UUID | None
    totp_last_step: int
    passkeys: int

    def password_ended(self, now: dt.datetime, days: int) -> bool:
        """Whether the password is older than passwords may get; 0 days = they don't end (AUTH-22)."""
        return days > 0 and self.changed_at + dt.timedelta(days=days) <= now

    @property
    def has_factor(self) -> bool:
        """Whether a second factor is enrolled: codes by time or a passkey."""
        return self.totp_secret_id is not None or self.passkeys > 0

    def barred(self, now: dt.datetime) -> str | None:
        """Why this identity may not come in at `now` by any way, in the audit log's words, or None."""
        if self.locked:
            return "locked by an administrator"
        if self.expires_at is not None and self.expires_at <= now:
            return "the identity has expired"
        return None

    def refusal(self, now: dt.datetime) -> str | None:
        """Why this identity may not sign in with a password or code at `now`, or None.

        The lock after wrong tries is for what can be guessed.
        """
        barred = self.barred(now)
        if barred is not None:
            return barred
        if self.locked_until is not None and self.locked_until > now:
            return "locked after wrong tries"
        return None


LOGIN = sa.select(
    identity.c.id.label("identity_id"),
    identity.c.name,
    identity.c.display_name,
    identity.c.locked,
    identity.c.expires_at,
    local_login.c.password_hash,
    local_login.c.changed_at,
    local_login.c.must_change,
    local_login.c.failed_attempts,
    local_login.c.locked_until,
    local_login.c.second_factor,
    local_login.c.totp_secret_id,
    local_login.c.totp_pending_secret_id,
    local_login.c.totp_last_step,
    sa.select(sa.func.count())
    .where(passkey.c.identity_id == identity.c.id)
    .correlate(identity)
    .scalar_subquery()
    .label("passkeys"),
).join_from(
    identity, local_login, sa.and_(local_login.c.identity_id == identity.c.id, identity.c.deleted_at.is_(None))
)
