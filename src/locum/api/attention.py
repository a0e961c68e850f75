"""/api/locum/v1/Attention: what an administrator should look at."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.attention import Concern, Concerns
from locum.api.wire.base import at
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.reads import attention as reads


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
