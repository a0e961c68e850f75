"""Tables of machines people want to reach, and of the platforms that say how to talk to them."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.connectors.base import Privilege
from locum.kit.db import UtcTime, metadata


class ResourceType(IntEnum):
    """Numbers of the contract's ManagedResourceType; those that are built.

    A secret vault is a container of hand-entered logins and has no address.
    """

    HOST = 0
    SECRET_VAULT = 4
    DATABASE = 5


class PlatformType(IntEnum):
    """Numbers of the contract's PlatformTypeEnum."""

    UNSPECIFIED = 0
    CLOUD = 1
    DATABASE = 2


class TrustAction(IntEnum):
    """What a changed host key means (RES-11). Numbers of the contract's SshTrustActionType.

    ALWAYS_TRUST: nothing, nor does one that nobody has trusted yet. WARN: it is let in, which the audit log says.
    """

    ALWAYS_TRUST = 0
    WARN = 1
    BLOCK = 2

    def lets_in(self, trusted: str | None) -> bool:
        """Whether a resource may show any host key, where this one is trusted."""
        return self is TrustAction.ALWAYS_TRUST or (self is TrustAction.WARN and trusted is not None)


platform = sa.Table(
    "platform",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("connector", sa.String(40), nullable=False),
    sa.Column("built_in_account", sa.String(256)),
    sa.Column("type", sa.Integer, nullable=False, default=PlatformType.UNSPECIFIED, server_default="0"),
    sa.Column("icon", sa.String(256)),
    sa.Column("permanent", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("base_platform_id", sa.ForeignKey("platform.id")),
    sa.Column("complexity_id", sa.ForeignKey("password_complexity.id")),
    sa.Column("rotation_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("verification_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("scan_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("protection_schedule_id", sa.ForeignKey("schedule.id")),
    sa.Column("reset_on_mismatch", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 1, 2)", name="type"),
)


class Platform(msgspec.Struct, frozen=True):
    """`connector` names the file in `connectors/` that speaks to it; a copy has a `base_platform_id`.

    `permanent` ones came with Locum and can't be deleted. Schedules hold for every resource of the platform unless
    something closer to it says otherwise (PLAT-02).
    """

    id: UUID
    name: str
    description: str | None
    connector: str
    built_in_account: str | None
    type: int
    icon: str | None
    permanent: bool
    base_platform_id: UUID | None
    complexity_id: UUID | None
    rotation_schedule_id: UUID | None
    verification_schedule_id: UUID | None
    scan_schedule_id: UUID | None
    protection_schedule_id: UUID | None
    reset_on_mismatch: bool
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
    sa.Column("discovered_host_key", sa.String(2000)),
    sa.Column("ssh_trust_action", sa.Integer, nullable=False),
    sa.Column("port", sa.Integer),
    sa.Column("database_name", sa.String(128)),
    sa.Column("encrypted", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    sa.Column("trust_server_certificate", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("rotation_limit", sa.Integer, nullable=False, default=2, server_default="2"),
    sa.Column("search_key", sa.String(1000), nullable=False, default="", server_default=""),
    sa.Column("trusts_user_ca", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("legacy_algorithms", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.CheckConstraint("type IN (0, 4, 5)", name="type"),
    sa.CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", name="port"),
    sa.CheckConstraint("rotation_limit BETWEEN 1 AND 1000", name="rotation_limit"),
    sa.CheckConstraint("port_ssh BETWEEN 1 AND 65535", name="port_ssh"),
    sa.CheckConstraint("ssh_trust_action IN (0, 1, 2)", name="ssh_trust_action"),
    sa.CheckConstraint("type = 4 OR dns_name IS NOT NULL OR ip_address IS NOT NULL", name="address"),
    sa.Index("ix_resource_platform_id", "platform_id"),
    sa.Index("ix_resource_service_account_id", "service_account_id"),
    # All that finding a page of the list needs: the rows are several times as many pages.
    sa.Index(
        "ix_resource_search",
        *("search_key", "type", "name_key", "dns_name", "ip_address", "platform_id", "created_at", "modified_at"),
        "service_account_id",
        "id",
    ),
)


class Resource(msgspec.Struct, frozen=True):
    """A target. `name_key` is the normalised name; `trusted_host_key` is "ssh-ed25519 AAAA…" once pinned.

    `discovered_host_key` is the one it was last refused for, until somebody trusts it.

    `port`, `database_name`, `encrypted` (TLS is asked for) and `trust_server_certificate` (TLS without checking who
    answers) are a database's. `rotation_limit` is how many secrets may be changed on it at the same time.
    `trusts_user_ca`: its sshd takes certificates of Locum's SSH user CA, so no key is put on it for an access session.
    `legacy_algorithms`: it may be spoken to in the weak ways of old SSH servers.
    """

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
    discovered_host_key: str | None
    ssh_trust_action: int
    port: int | None
    database_name: str | None
    encrypted: bool
    trust_server_certificate: bool
    rotation_limit: int
    trusts_user_ca: bool
    legacy_algorithms: bool
    created_at: dt.datetime
    modified_at: dt.datetime

    @property
    def address(self) -> str:
        """Where to dial: the IP address if one is set, else the DNS name."""
        return self.ip_address or self.dns_name or ""


# Those that could not be reached when Locum last tried, and why; the others are not in it.
unreached = sa.Table(
    "unreached_resource",
    metadata,
    sa.Column("resource_id", sa.ForeignKey("resource.id"), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
)


host_user = sa.Table(
    "host_user",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("login", sa.String(256), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("unix_id", sa.BigInteger),
    sa.Column("unix_group_id", sa.BigInteger),
    sa.Column("home", sa.String(1000)),
    sa.Column("shell", sa.String(256)),
    sa.Column("privilege", sa.Integer, nullable=False, default=Privilege.NOT_SET),
    sa.Column("seen_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
    sa.UniqueConstraint("resource_id", "login"),
    sa.CheckConstraint("privilege BETWEEN 0 AND 24", name="privilege"),
    sa.Index("ix_host_user_privilege", "privilege", "id"),
)


class HostUser(msgspec.Struct, frozen=True):
    """An account on a resource, as last seen there at `seen_at` (None: entered by hand and never looked up)."""

    id: UUID
    resource_id: UUID
    login: str
    enabled: bool
    unix_id: int | None
    unix_group_id: int | None
    home: str | None
    shell: str | None
    privilege: int
    seen_at: dt.datetime | None
    created_at: dt.datetime
    modified_at: dt.datetime


resource_group = sa.Table(
    "resource_group",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),
    sa.Column("description", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("modified_at", UtcTime, nullable=False),
)

resource_group_member = sa.Table(
    "resource_group_member",
    metadata,
    sa.Column("group_id", sa.ForeignKey("resource_group.id"), primary_key=True),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), primary_key=True),
    sa.Index("ix_resource_group_member_resource_id", "resource_id", "group_id"),
)


class ResourceGroup(msgspec.Struct, frozen=True):
    """A named set of resources that policies join at once (A.4)."""

    id: UUID
    name: str
    name_key: str
    description: str | None
    created_at: dt.datetime
    modified_at: dt.datetime
