"""How the contract shows an identity: as a row of a list, and as one account."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import at
from locum.api.wire.enums import EntityType
from locum.api.wire.managed_account import ManagedAccountInfo, ManagedAccountView
from locum.identities.model import Kind
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid
from locum.reads import accounts
from locum.reads.accounts import AccountRow


def account_view(row: AccountRow) -> ManagedAccountView:
    """A row of the accounts' list."""
    view = ManagedAccountView.from_row(row)
    view.entity_type = EntityType(row.kind)
    view.last_logon_timestamp = at(row.last_sign_in_at)
    view.lockout_end = at(row.locked_until)
    view.certificate_serial_number = row.certificate_serial
    return view


def account_info(tx: ReadTx, identity_id: UUID) -> ManagedAccountInfo:
    """One account. Its id is the id of its user too: no account stands for a directory's user yet."""
    row = accounts.one(tx, identity_id)
    return ManagedAccountInfo(
        id=row.id,
        user_id=row.id,
        login_id=row.name,
        display_name=row.display_name,
        samaccountname=row.sam_account_name,
        email=row.email,
        user_principal_name=row.user_principal_name,
        last_logon_date_utc=at(row.last_sign_in_at),
        scheduled_session_count=row.scheduled_session_count,
        type=Kind(row.kind).name.title(),
        locked=row.locked,
        is_reviewer=row.is_reviewer,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def required_name(name: str | None) -> str:
    """The name a body must give."""
    if name is None:
        raise Invalid("name is required", field="name")
    return name
