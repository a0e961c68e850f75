"""What an administrator should look at. The contract has no shape for it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.wire.base import Out, Time
from locum.kit.ids import NIL


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
