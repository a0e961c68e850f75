"""Applications and their one key as the contract has it: part of its ManagedAccount controller."""

from __future__ import annotations

from uuid import UUID

from locum.api.account_view import account_view, other_names, required_name
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.local_user import update_account
from locum.api.managed_account import AccountId, delete_each
from locum.api.operations import operation
from locum.api.wire.base import NameAndId
from locum.api.wire.managed_account import Counts, ManagedAccountView, ManagedAccountViewIn
from locum.identities import api_keys, applications, people
from locum.identities.caller import Caller
from locum.identities.model import Kind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission
from locum.reads import accounts


@operation(
    "ManagedAccount.ListApplicationUsersNameAndIdsAsync",
    "GET /api/v1/ManagedAccount/ListApplicationUsersNameAndIds",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="Names and ids of all applications",
)
def list_application_users(tx: ReadTx, call: Call[None, None, None]) -> list[NameAndId]:
    return [NameAndId.from_row(row) for row in people.names(tx, Kind.APPLICATION)]


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
        name=required_name(view.name),
        certificate_serial=view.certificate_serial_number,
        **other_names(view),
    )
    return account_view(accounts.one(tx, made.id))


@operation(
    "ManagedAccount.UpdateApplicationUserAsync",
    "PUT /api/v1/ManagedAccount/UpdateApplicationUser",
    who=ADMIN,
    permission=Permission.ACCOUNTS_APPLICATION_MANAGE,
    problems=(404,),
    audit="identity.changed",
    summary="Change an application's names and the serial number of its certificate",
)
def update_application_user(tx: Tx, call: Call[None, None, ManagedAccountViewIn]) -> ManagedAccountView:
    """USER-06: the five names that login templates may use. The view is put back whole."""
    serial = applications.kept_serial(call.body.certificate_serial_number)
    return update_account(tx, call, Kind.APPLICATION, certificate_serial=serial)


@operation(
    "ManagedAccount.DeleteMultipleApplicationUsersAsync",
    "POST /api/v1/ManagedAccount/DeleteMultipleApplicationUsers",
    who=ADMIN,
    permission=Permission.ACCOUNTS_ACCOUNT_DELETE,
    audit="identity.deleted",
    summary="Delete several applications; answers how many were, and how many could not be",
)
def delete_application_users(tx: Tx, call: Call[None, None, list[UUID]]) -> Counts:
    return delete_each(tx, call, call.body, {Kind.APPLICATION})


@operation(
    "ManagedAccount.GenerateApiKeyAsync",
    "PUT /api/v1/ManagedAccount/GenerateApiKey/{managedAccountId}",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_KEY_GENERATE,
    problems=(404, 409),
    audit="api_key.generated",
    summary="Give an application a new API key, in place of its old one",
)
def generate_api_key(tx: Tx, call: Call[AccountId, None, None]) -> None:
    """AUTH-19. The key itself comes from RevealApiKey."""
    refuse_bounded(call.caller)
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
    refuse_bounded(call.caller)
    return api_keys.reveal(tx, call.api.vault, call.caller.actor, call.params.managed_account_id).reveal_text()


def refuse_bounded(caller: Caller) -> None:
    """A key with bounds must not lead to one without (SEC-30)."""
    if caller.key is not None and caller.key.bounded:
        raise Forbidden("an API key with bounds can't make or show API keys", missing="key without bounds")
