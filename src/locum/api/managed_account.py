"""People and applications: the contract's ManagedAccount controller."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_APP_OR_REVIEWER, ADMIN_OR_APP, PASSWORD_CHANGE
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import DataTable, In, at
from locum.api.wire.enums import EntityType
from locum.api.wire.managed_account import (
    CreateLocalUserRequestIn,
    LocalUserPasswordChangeRequestIn,
    ManagedAccountView,
    ManagedAccountViewIn,
)
from locum.identities import api_keys, applications, people
from locum.identities.model import Kind
from locum.identities.passwords import check_new
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.permissions import Permission
from locum.reads import accounts
from locum.reads.accounts import AccountRow
from locum.vault.secret import Secret


class AccountId(In):
    managed_account_id: UUID


class AccountSearch(Paging):
    filter_entity_type: EntityType | None = None
    domain_config_id: UUID | None = None
    resource_id: UUID | None = None


class Forced(In):
    forced: bool = False


@operation(
    "ManagedAccount.Search",
    "GET /api/v1/ManagedAccount/Search",
    who=ADMIN_APP_OR_REVIEWER,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="List people and applications",
)
def search(tx: ReadTx, call: Call[None, AccountSearch, None]) -> DataTable[ManagedAccountView]:
    """USER-02. No account comes from a domain yet, so that asking for a domain's finds none."""
    query = call.query
    if query.domain_config_id is not None:
        return DataTable[ManagedAccountView]()
    kind = None if query.filter_entity_type is None else Kind(query.filter_entity_type)
    listed = accounts.search(tx, query.page(), kind=kind, resource_id=query.resource_id)
    return DataTable[ManagedAccountView](data=[_view(row) for row in listed.rows], records_total=listed.total)


@operation(
    "ManagedAccount.CreateApplicationUser",
    "POST /api/v1/ManagedAccount/CreateApplicationUser",
    who=ADMIN,
    permission=Permission.ACCOUNTS_APPLICATION_CREATE,
    audit="application.created",
    summary="Make an application",
)
def create_application_user(tx: Tx, call: Call[None, None, ManagedAccountViewIn]) -> ManagedAccountView:
    """The certificate serial number may be empty: the application then proves itself by its API key alone."""
    view = call.body
    made = applications.create(
        tx,
        call.caller.actor,
        name=_name(view.name),
        certificate_serial=view.certificate_serial_number,
        display_name=view.display_name,
        email=view.email,
        department=view.department,
        user_principal_name=view.user_principal_name,
        sam_account_name=view.sam_account_name,
    )
    return _view(accounts.one(tx, made.id))


@operation(
    "ManagedAccount.CreateLocalUserAsync",
    "POST /api/v1/ManagedAccount/CreateLocalUser",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LOCAL_CREATE,
    summary="Make a local user with a first password",
)
async def create_local_user(call: Call[None, None, CreateLocalUserRequestIn]) -> ManagedAccountView:
    """AUTH-21. Hashing the password takes long, so it is done before the unit of work begins."""
    password = call.body.local_user_password_change_request.password_new
    if password is None:
        raise Invalid("passwordNew is required", field="localUserPasswordChangeRequest.passwordNew")
    check_new(password, field="localUserPasswordChangeRequest.passwordNew")
    hashed = await call.api.hasher.hash(password)
    return await call.api.db.write(_create_local_user, call.caller.actor, call.body, hashed)


def _create_local_user(tx: Tx, actor: Actor, body: CreateLocalUserRequestIn, hashed: str) -> ManagedAccountView:
    view = body.managed_account_view
    made = people.create_local_user(
        tx,
        actor,
        name=_name(view.name or body.local_user_password_change_request.username),
        password_hash=hashed,
        must_change=body.change_password_next_login,
        display_name=view.display_name,
        email=view.email,
        department=view.department,
        user_principal_name=view.user_principal_name,
        sam_account_name=view.sam_account_name,
    )
    return _view(accounts.one(tx, made.id))


@operation(
    "ManagedAccount.ChangeLocalUserPasswordAsync",
    "PUT /api/v1/ManagedAccount/ChangeLocalUserPassword",
    who=PASSWORD_CHANGE,
    problems=(429,),
    summary="Change one's own password; answers a new token",
)
async def change_local_user_password(call: Call[None, Forced, LocalUserPasswordChangeRequestIn]) -> str:
    """AUTH-21. The old password is the proof, whatever the token. A change that a sign-in waits for is a forced one,
    said so or not, and its token is good for the second factor; any other needs a complete sign-in."""
    caller, body = call.caller, call.body
    if body.managed_account_id not in (None, caller.identity_id) or not _same_name(body.username, caller.name):
        raise Forbidden("only one's own password can be changed here", missing="own account")
    if call.query.forced and caller.pending is None:
        raise Forbidden("no forced change of the password is waiting", missing="password_change")
    return await call.api.signin.change_password(
        caller.identity_id,
        _given(body.password_old, "passwordOld"),
        _given(body.password_new, "passwordNew"),
        forced=caller.pending is not None,
        address=call.address,
    )


@operation(
    "ManagedAccount.GenerateApiKeyAsync",
    "PUT /api/v1/ManagedAccount/GenerateApiKey/{managedAccountId}",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_KEY_GENERATE,
    problems=(404,),
    audit="api_key.generated",
    summary="Give an application a new API key, in place of its old one",
)
def generate_api_key(tx: Tx, call: Call[AccountId, None, None]) -> None:
    """AUTH-19. The key itself comes from RevealApiKey."""
    api_keys.issue(tx, call.api.vault, call.api.digest, call.caller.actor, call.params.managed_account_id)


@operation(
    "ManagedAccount.RevealApiKeyAsync",
    "GET /api/v1/ManagedAccount/RevealApiKey/{managedAccountId}",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_KEY_REVEAL,
    problems=(404,),
    audit="api_key.revealed",
    summary="Show an application's API key",
)
def reveal_api_key(tx: Tx, call: Call[AccountId, None, None]) -> str:
    """AUTH-19. It writes: every reveal is in the audit log before anybody sees the key."""
    return api_keys.reveal(tx, call.api.vault, call.caller.actor, call.params.managed_account_id).reveal_text()


def _view(row: AccountRow) -> ManagedAccountView:
    view = ManagedAccountView.from_row(row)
    view.entity_type = EntityType(row.kind)
    view.last_logon_timestamp = at(row.last_sign_in_at)
    view.lockout_end = at(row.locked_until)
    view.certificate_serial_number = row.certificate_serial
    return view


def _name(name: str | None) -> str:
    if name is None:
        raise Invalid("name is required", field="name")
    return name


def _given(password: Secret | None, field: str) -> Secret:
    if password is None:
        raise Invalid(f"{field} is required", field=field)
    return password


def _same_name(given: str | None, own: str) -> bool:
    return not given or people.same_name(given, own)
