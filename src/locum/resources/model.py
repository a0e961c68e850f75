"""Tables of machines people want to reach, and of the platforms that say how to talk to them."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class ResourceType(IntEnum):
    """Numbers of the contract's ManagedResourceType. Only hosts are built."""

    HOST = 0


class TrustAction(IntEnum):
    """What a changed host key means (RES-11). Numbers of the contract's SshTrustActionType."""

    ALWAYS_TRUST = 0
    WARN = 1
    BLOCK = 2


platform = sa.Table(
    "platform",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("connector", sa.String(40), nullable=False),
    sa.Column("built_in_account", sa.String(256)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)


class Platform(msgspec.Struct, frozen=True):
    """`connector` names the file in `connectors/` that speaks to it."""

    id: UUID
    name: str
    description: str | None
    connector: str
    built_in_account: str | None
    created_at: dt.datetime
    modified_at: dt.datetime


resource = sa.Table(
    "resource",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("dns_name", sa.String(255)),
    sa.Column("ip_address", sa.String(64)),
    sa.Column("platform_id", sa.ForeignKey("platform.id"), nullable=False),
    sa.Column("service_account_id", sa.ForeignKey("credential.id")),
    sa.Column("port_ssh", sa.Integer, nullable=False),
    sa.Column("accept_host_key_on_first_discovery", sa.Boolean, nullable=False),
    sa.Column("trusted_host_key", sa.String(2000)),
    sa.Column("trusted_thumbprint", sa.String(100)),
    sa.Column("discovered_thumbprint", sa.String(100)),
    sa.Column("ssh_trust_action", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type = 0", name="type"),
    sa.CheckConstraint("port_ssh BETWEEN 1 AND 65535", name="port_ssh"),
    sa.CheckConstraint("ssh_trust_action IN (0, 1, 2)", name="ssh_trust_action"),
    sa.CheckConstraint("dns_name IS NOT NULL OR ip_address IS NOT NULL", name="address"),
    sa.Index("ix_resource_platform_id", "platform_id"),
    sa.Index("ix_resource_service_account_id", "service_account_id"),
)


class Resource(msgspec.Struct, frozen=True):
    """A target. `name_key` is the normalised name; `trusted_host_key` is "ssh-ed25519 AAAA…" once pinned."""

    id: UUID
    type: int
    name: str
    name_key: str
    dns_name: str | None
    ip_address: str | None
    platform_id: UUID
    service_account_id: UUID | None
    port_ssh: int
    accept_host_key_on_first_discovery: bool
    trusted_host_key: str | None
    trusted_thumbprint: str | None
    discovered_thumbprint: str | None
    ssh_trust_action: int
    created_at: dt.datetime
    modified_at: dt.datetime

    @property
    def address(self) -> str:
        """Where to dial: the IP address if one is set, else the DNS name."""
        return self.ip_address or self.dns_name or ""
