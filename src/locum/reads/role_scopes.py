"""Whether the things that a custom role lists exist: they are rows of several rooms."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx
from locum.policies.model import policy
from locum.resources.model import resource

_LIVE: dict[ScopeKind, sa.Select[tuple[UUID]]] = {
    ScopeKind.POLICY: sa.select(policy.c.id).where(policy.c.is_deleted.is_(False)),
    ScopeKind.ACTIVITY: sa.select(activity.c.id),
    ScopeKind.IDENTITY: sa.select(identity.c.id).where(identity.c.deleted_at.is_(None)),
    ScopeKind.RESOURCE: sa.select(resource.c.id),
    ScopeKind.CREDENTIAL: sa.select(credential.c.id),
}


def unknown(tx: ReadTx, scopes: Mapping[ScopeKind, list[UUID]]) -> dict[ScopeKind, set[UUID]]:
    """What does not exist of what is listed, by kind: one statement for each kind that lists anything."""
    missing: dict[ScopeKind, set[UUID]] = {}
    for kind, ids in scopes.items():
        wanted = set(ids)
        if wanted:
            live = _LIVE[kind]
            missing[kind] = wanted - set(tx.scalars(live.where(live.selected_columns[0].in_(wanted))))
    return {kind: ids for kind, ids in missing.items() if ids}
