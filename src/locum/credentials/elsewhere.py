"""Tables of other rooms, as far as this room's statements look at them: it may not import those rooms."""

from __future__ import annotations

import sqlalchemy as sa

resource = sa.table(
    "resource",
    sa.column("id", sa.Uuid),
    sa.column("name", sa.String),
    sa.column("name_key", sa.String),
    sa.column("platform_id", sa.Uuid),
    sa.column("service_account_id", sa.Uuid),
    sa.column("type", sa.Integer),
)
platform = sa.table(
    "platform",
    sa.column("id", sa.Uuid),
    sa.column("name", sa.String),
    sa.column("complexity_id", sa.Uuid),
    sa.column("rotation_schedule_id", sa.Uuid),
    sa.column("verification_schedule_id", sa.Uuid),
    sa.column("scan_schedule_id", sa.Uuid),
    sa.column("protection_schedule_id", sa.Uuid),
    sa.column("reset_on_mismatch", sa.Boolean),
)
rotation = sa.table(
    "rotation",
    sa.column("id", sa.Uuid),
    sa.column("open_credential_id", sa.Uuid),
)
lease = sa.table(
    "lease",
    sa.column("credential_id", sa.Uuid),
    sa.column("identity_id", sa.Uuid),
    sa.column("state", sa.String),
)
access_session = sa.table(
    "access_session",
    sa.column("credential_id", sa.Uuid),
    sa.column("identity_id", sa.Uuid),
    sa.column("status", sa.Integer),
)
policy = sa.table(
    "policy", sa.column("id", sa.Uuid), sa.column("name", sa.String), sa.column("is_deleted", sa.Boolean)
)
policy_credential_group = sa.table(
    "policy_credential_group", sa.column("policy_id", sa.Uuid), sa.column("member_id", sa.Uuid)
)
connection_profile = sa.table(
    "connection_profile",
    sa.column("name", sa.String),
    sa.column("token_complexity_id", sa.Uuid),
    sa.column("is_deleted", sa.Boolean),
)
identity = sa.table("identity", sa.column("id", sa.Uuid), sa.column("name", sa.String))
