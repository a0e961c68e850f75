"""How many earlier secrets are kept."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, In, Out, Time
from locum.kit.ids import NIL


class CredentialPasswordHistoryOptions(Out):
    __contract__ = "SbPAM.Models.CredentialPasswordHistoryOptions"

    id: UUID = NIL
    historical_password_limit: int = 0
    days_of_password_retention: int = 0
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class CredentialPasswordHistoryOptionsIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.CredentialPasswordHistoryOptions"

    historical_password_limit: int | None = None
    days_of_password_retention: int | None = None
