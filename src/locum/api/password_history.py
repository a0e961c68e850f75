"""/api/v1/CredentialPasswordHistoryOptions: the contract has the model and no path for it (CRED-07)."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import at
from locum.api.wire.password_history import CredentialPasswordHistoryOptions, CredentialPasswordHistoryOptionsIn
from locum.credentials import model
from locum.credentials.history import history_options, set_history_options
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission


@operation(
    "CredentialPasswordHistoryOptions.Get",
    "GET /api/v1/CredentialPasswordHistoryOptions",
    who=ADMIN,
    permission=Permission.CREDENTIALS_HISTORY_READ,
    summary="How many earlier secrets of a credential are kept, and for how many days (0: by number alone)",
)
def get_options(tx: ReadTx, call: Call[None, None, None]) -> CredentialPasswordHistoryOptions:
    return shown(history_options(tx))


@operation(
    "CredentialPasswordHistoryOptions.Put",
    "PUT /api/v1/CredentialPasswordHistoryOptions",
    who=ADMIN,
    permission=Permission.CREDENTIALS_HISTORY_MANAGE,
    audit="history_options.changed",
    summary="Say how many earlier secrets are kept, and for how many days; what is absent stays",
)
def put_options(
    tx: Tx, call: Call[None, None, CredentialPasswordHistoryOptionsIn]
) -> CredentialPasswordHistoryOptions:
    body = call.body
    changed = set_history_options(
        tx,
        call.caller.actor,
        limit=body.historical_password_limit,
        days=body.days_of_password_retention,
    )
    return shown(changed)


def shown(row: model.HistoryOption) -> CredentialPasswordHistoryOptions:
    """The options as the wire has them."""
    return CredentialPasswordHistoryOptions(
        id=row.id,
        historical_password_limit=row.limit,
        days_of_password_retention=row.days,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
