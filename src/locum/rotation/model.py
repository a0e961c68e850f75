"""Tables of rotations: the intent and the candidate secret are rows before a target is touched."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class State(IntEnum):
    """Numbers of the contract's ServiceRotationJobStatus."""

    UNSPECIFIED = -2
    PENDING = -1
    QUEUED = 0
    ROTATING_PASSWORD = 1
    UPDATING_SERVICES = 2
    PAUSED = 3
    COMPLETED = 4
    FAILED = 5
    COMPLETED_WITH_ERRORS = 6
    COMPLETED_NOT_RUN = 7
    ABORTED = 8


class Reason(StrEnum):
    """What a secret is changed for."""

    ASKED = "asked"
    SCHEDULE = "schedule"
    CHECK_OUT = "check_out"
    RELEASE = "release"
    MISMATCH = "mismatch"
    ROLLBACK = "rollback"


rotation = sa.Table(
    "rotation",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("credential_id", sa.ForeignKey("credential.id"), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("open_credential_id", sa.Uuid, unique=True),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("candidate_secret_id", sa.ForeignKey("vault_secret.id")),
    sa.Column("candidate_public_key", sa.String(4000)),
    sa.Column("rollback_of", sa.ForeignKey("rotation.id")),
    sa.Column("abort_asked", sa.Boolean, nullable=False, default=False),
    sa.Column("busy_until", UtcTime),
    sa.Column("requested_by", sa.Uuid),
    sa.Column("requested_by_name", sa.String(256), nullable=False),
    sa.Column("requested_from", sa.String(64)),
    sa.Column("aborted_by", sa.Uuid),
    sa.Column("aborted_by_name", sa.String(256)),
    sa.Column("aborted_from", sa.String(64)),
    sa.Column("last_error", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("tried_at", UtcTime),
    sa.Column("changed_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.CheckConstraint("state BETWEEN -2 AND 8", name="state"),
    sa.CheckConstraint("(state >= 4) = (ended_at IS NOT NULL)", name="ended_has_time"),
    sa.CheckConstraint("(state >= 4) = (open_credential_id IS NULL)", name="one_open"),
    sa.Index("ix_rotation_credential_id", "credential_id", "created_at"),
    sa.Index("ix_rotation_resource_id", "resource_id", "state"),
    sa.Index("ix_rotation_created_at", "created_at"),
)


class Rotation(msgspec.Struct, frozen=True):
    """One change of one secret on its target, from intent to end. A credential has at most one that is open.

    `candidate_secret_id` holds the new secret from before the first touch until it is the credential's own.
    `started_at`: from then on the target may have either. `tried_at`: when it was last told to take the candidate and
    may not have answered. `changed_at`: the target was seen to have taken the
    candidate, which is the credential's own secret since. `busy_until`: it counts among those under way on its
    resource until then.
    """

    id: UUID
    credential_id: UUID
    resource_id: UUID
    reason: Reason
    state: int
    candidate_secret_id: UUID | None
    candidate_public_key: str | None
    rollback_of: UUID | None
    abort_asked: bool
    busy_until: dt.datetime | None
    requested_by: UUID | None
    requested_by_name: str
    requested_from: str | None
    last_error: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    tried_at: dt.datetime | None
    changed_at: dt.datetime | None
    ended_at: dt.datetime | None


dependant = sa.Table(
    "dependant",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("credential_id", sa.ForeignKey("credential.id"), nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.UniqueConstraint("credential_id", "resource_id", "name_key"),
    sa.Index("ix_dependant_resource_id", "resource_id"),
)


class DependantRow(msgspec.Struct, frozen=True):
    """Something on a resource that holds a credential's secret and must learn the new one (CRED-05)."""

    id: UUID
    credential_id: UUID
    resource_id: UUID
    name: str
    name_key: str
    kind: str
    parameters: dict[str, str]
    created_at: dt.datetime
    modified_at: dt.datetime


class UpdateState(StrEnum):
    """`intended` may or may not have the new secret; `reverted` certainly has the old one."""

    INTENDED = "intended"
    UPDATED = "updated"
    REVERTED = "reverted"
    FAILED = "failed"


dependant_update = sa.Table(
    "dependant_update",
    metadata,
    sa.Column("rotation_id", sa.ForeignKey("rotation.id"), primary_key=True),
    sa.Column("dependant_id", sa.ForeignKey("dependant.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("updated_at", UtcTime),
    sa.Column("last_error", sa.String(1000)),
    sa.CheckConstraint("state IN ('intended', 'updated', 'reverted', 'failed')", name="state"),
    sa.Index("ix_dependant_update_dependant_id", "dependant_id"),
)


class DependantUpdate(msgspec.Struct, frozen=True):
    """One dependant within one rotation."""

    rotation_id: UUID
    dependant_id: UUID
    position: int
    state: UpdateState
    updated_at: dt.datetime | None
    last_error: str | None
