"""How the contract shows an identity: as a row of a list, and as one account."""

from __future__ import annotations

from locum.api.wire.base import at
from locum.api.wire.enums import EntityType
from locum.api.wire.managed_account import ManagedAccountInfo, ManagedAccountView, ManagedAccountViewIn
from locum.identities.people import OtherNames
from locum.kit.errors import Invalid
from locum.reads.accounts import AccountRow


def account_view(row: AccountRow) -> ManagedAccountView:
    """A row of the accounts' list."""
    view = ManagedAccountView.from_row(row)
    view.entity_type = EntityType(row.kind)
    view.last_logon_timestamp = at(row.last_sign_in_at)
    view.lockout_end = at(row.locked_until)
    view.certificate_serial_number = row.certificate_serial
    return view


def account_info(row: AccountRow) -> ManagedAccountInfo:
    """One account. Its id is the id of its user too: no account stands for a directory's user yet."""
    info = ManagedAccountInfo.from_row(row)
    info.user_id = row.id
    info.login_id = row.name
    info.samaccountname = row.sam_account_name
    info.last_logon_date_utc = at(row.last_sign_in_at)
    info.type = EntityType(row.kind).name.title().replace("_", "")
    info.created_date_time_utc = at(row.created_at)
    info.modified_date_time_utc = at(row.modified_at)
    return info


def other_names(view: ManagedAccountViewIn) -> OtherNames:
    """All that a body may call an account besides its name; what it leaves out is None."""
    return OtherNames(
        display_name=view.display_name,
        email=view.email,
        department=view.department,
        user_principal_name=view.user_principal_name,
        sam_account_name=view.sam_account_name,
    )


def required_name(name: str | None) -> str:
    """The name a body must give."""
    if name is None:
        raise Invalid("name is required", field="name")
    return name
