"""/api/locum/v1/Attention: what an administrator should look at."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import Out, Time, at
from locum.kit.db import ReadTx
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.reads import attention as reads


class Concern(Out):
    """`id` is that of the session, credential, application or person; `place` the resource, or the key's name."""

    id: UUID = NIL
    name: str = ""
    place: str | None = None
    at_date_time_utc: Time | None = None
    problem: str | None = None


class Concerns(Out):
    """`kind`: grant, credential, api_key or account. `total` counts all, `first` are the most urgent."""

    kind: str = ""
    total: int = 0
    first: list[Concern] = msgspec.field(default_factory=list)


@operation(
    "Attention.Get",
    "GET /api/locum/v1/Attention",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    summary="Rights that would not go, secrets that would not change, keys about to expire, locked accounts",
)
def get_attention(tx: ReadTx, call: Call[None, None, None]) -> list[Concerns]:
    return [
        Concerns(kind=found.kind, total=found.total, first=[_view(row) for row in found.first])
        for found in reads.attention(tx)
    ]


def _view(row: reads.Concern) -> Concern:
    return Concern(id=row.id, name=row.name, place=row.place, at_date_time_utc=at(row.at), problem=row.problem)
