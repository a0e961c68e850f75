"""/api/v1/Credential: searches, details, and where a credential is used."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.context import Call
from locum.api.credential import CredentialId, Deleted, Id
from locum.api.credential_view import shown
from locum.api.guards import ADMIN, ADMIN_APP_OR_USER_PLUS, ADMIN_OR_USER_PLUS, Filtered
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import DataTable, In, Line, Name, at
from locum.api.wire.credential import Credential
from locum.api.wire.credential_list import (
    CredentialHostResult,
    CredentialResult,
    HostUser,
    ServiceAccountDetailsView,
)
from locum.api.wire.enums import (
    ActionStatus,
    CredentialSearchManagedFilter,
    CredentialType,
    ManagedType,
    ManagedUserType,
    ServiceRotationJobStatus,
    UserPrivilege,
    VerificationScanStatus,
)
from locum.identities.roles import GRANTABLE, Target
from locum.kit.db import ReadTx
from locum.kit.ids import NIL
from locum.kit.paging import Page
from locum.kit.permissions import Permission
from locum.reads import credential_places as places
from locum.reads import credential_search as searches
from locum.reads import credentials as reads
from locum.resources import model as resources
from locum.rotation.model import State

_READ = Permission.CREDENTIALS_CREDENTIAL_READ
# Whoever has a right over a credential may find it.
_ANY_RIGHT = Filtered(GRANTABLE[Target.CREDENTIALS].permissions)
_ACTION = {
    State.QUEUED: ActionStatus.QUEUED,
    State.ROTATING_PASSWORD: ActionStatus.RUNNING,
    State.UPDATING_SERVICES: ActionStatus.RUNNING,
    State.PAUSED: ActionStatus.PAUSED,
    State.COMPLETED: ActionStatus.COMPLETE,
    State.FAILED: ActionStatus.FAILED,
    State.COMPLETED_WITH_ERRORS: ActionStatus.COMPLETED_WITH_ERRORS,
    State.COMPLETED_NOT_RUN: ActionStatus.COMPLETED_NOT_RUN,
    State.ABORTED: ActionStatus.CANCELLED,
    State.PENDING: ActionStatus.PENDING,
}


class SearchQuery(Paging):
    take: int = 10
    managed_type: ManagedType = ManagedType.ALL
    credential_type: CredentialType = CredentialType.ANY
    include_deleted: bool = False
    managed_filter: CredentialSearchManagedFilter = CredentialSearchManagedFilter.ALL
    privilege_filter: UserPrivilege = UserPrivilege.NOT_SET


class TypeQuery(In):
    type: CredentialType = CredentialType.ANY
    user_name: Name | None = None
    include_deleted: bool = False


class DependantQuery(In):
    filter_text: Line | None = None
    by_host_user: bool = False
    skip: int = 0
    take: int = 10


class UserId(In):
    user_id: UUID


@operation(
    "Credential.GetByCredentialTypeAsync",
    "GET /api/v1/Credential",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_READ,
    scope=_ANY_RIGHT,
    summary="Whole credentials by type and user name, without their secrets; Search answers a page",
)
def get_by_type(tx: ReadTx, call: Call[None, TypeQuery, None]) -> list[Credential]:
    query = call.query
    rows = searches.by_type(
        tx,
        call.caller,
        credential_type=None if query.type is CredentialType.ANY else query.type,
        username=query.user_name,
        include_deleted=query.include_deleted,
    )
    return [shown(row) for row in rows]


@operation(
    "Credential.SearchAsync",
    "GET /api/v1/Credential/Search",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_READ,
    scope=_ANY_RIGHT,
    problems=(400,),
    summary="One page of credentials; the text is looked for in user name, domain, name and the resource's name",
)
def search(tx: ReadTx, call: Call[None, SearchQuery, None]) -> DataTable[CredentialResult]:
    query = call.query
    wanted = searches.Wanted(
        managed_type=None if query.managed_type is ManagedType.ALL else query.managed_type,
        credential_type=None if query.credential_type is CredentialType.ANY else query.credential_type,
        managed={CredentialSearchManagedFilter.MANAGED: True, CredentialSearchManagedFilter.UNMANAGED: False}.get(
            query.managed_filter
        ),
        privilege=query.privilege_filter or None,
        include_deleted=query.include_deleted,
    )
    listed = searches.search(tx, call.caller, query.page(), wanted)
    return DataTable(data=[result(row, tx.now) for row in listed.rows], records_total=listed.total)


@operation(
    "Credential.GetCredentialDetailsAsync",
    "GET /api/v1/Credential/Details/{id}",
    who=ADMIN,
    permission=_READ,
    problems=(404,),
    summary="One credential as the list has it",
)
def details(tx: ReadTx, call: Call[Id, Deleted, None]) -> CredentialResult:
    return result(reads.details(tx, call.params.id, include_deleted=call.query.include_deleted), tx.now)


@operation(
    "Credential.GetCredentialDetailsFromHostUserAsync",
    "GET /api/v1/Credential/Details/{userId}/User",
    who=ADMIN,
    permission=_READ,
    problems=(404,),
    summary="The credential of an account on a resource, as the list has it",
)
def details_of_user(tx: ReadTx, call: Call[UserId, None, None]) -> CredentialResult:
    return result(reads.details(tx, host_user_id=call.params.user_id), tx.now)


@operation(
    "Credential.GetServiceAccountDetailsAsync",
    "GET /api/v1/Credential/Details/{id}/ServiceAccount",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_ANY_RIGHT,
    problems=(404,),
    summary="A login that something may depend on, by its credential's id or its account's: its last rotations",
)
def service_account(tx: ReadTx, call: Call[Id, None, None]) -> ServiceAccountDetailsView:
    row = places.service_account(tx, call.caller, call.params.id)
    status = VerificationScanStatus(row.status)
    rotated, rolled_back = (_job_status(state) for state in (row.rotation_state, row.rollback_state))
    return ServiceAccountDetailsView(
        host_user_id=row.host_user_id or NIL,
        credential_id=row.id,
        managed_user_id=row.managed_user_id,
        resource_name=row.resource_name,
        samaccount_name=row.username,
        platform_name=row.platform_name,
        password_status=status,
        password_last_checked_utc=at(row.last_verified_at),
        password_last_changed_utc=at(row.last_changed_at),
        password_next_change_utc=at(row.next_change_at),
        rotation_status=rotated,
        rollback_status=rolled_back,
        dependency_count=row.dependency_count,
        age=row.age(tx.now),
        password_status_name=_word(status),
        rotation_status_name=_word(rotated),
        rollback_status_name=_word(rolled_back),
    )


@operation(
    "Credential.GetHostUserFromCredentialAsync",
    "GET /api/v1/Credential/HostUser/{credentialId}",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_READ,
    scope=_ANY_RIGHT,
    problems=(404,),
    summary="The account on a resource that a credential is of",
)
def host_user(tx: ReadTx, call: Call[CredentialId, None, None]) -> HostUser:
    credential_id = call.params.credential_id
    row = places.account_of(tx, call.caller, credential_id)
    return _account(row, managed=reads.is_managed(tx, credential_id))


@operation(
    "Credential.GetDistinctHostsForCredentialAsync",
    "GET /api/v1/Credential/Hosts/{credentialId}",
    who=ADMIN,
    permission=_READ,
    problems=(404,),
    summary="The resources where a credential lives, is the service account, or has something that depends on it",
)
def hosts(tx: ReadTx, call: Call[CredentialId, None, None]) -> list[UUID]:
    found = reads.details(tx, call.params.credential_id)
    return places.resources_of(tx, found.id)


@operation(
    "Credential.SearchScheduledTasksForCredential",
    "GET /api/v1/Credential/HostScheduledTasks/{id}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_ANY_RIGHT,
    problems=(404,),
    summary="One page of what depends on a credential: on Linux files that hold its secret, and their units",
)
def dependants(tx: ReadTx, call: Call[Id, DependantQuery, None]) -> DataTable[CredentialHostResult]:
    query = call.query
    page = Page(query.skip, query.take, filter_text=query.filter_text)
    listed = places.dependants_of(tx, call.caller, call.params.id, page, by_host_user=query.by_host_user)
    return DataTable(data=[_dependant(row) for row in listed.rows], records_total=listed.total)


def result(row: reads.CredentialRow, now: dt.datetime) -> CredentialResult:
    """A row of the list as the wire has it."""
    status = VerificationScanStatus(row.status)
    in_vault = row.resource_type == resources.ResourceType.SECRET_VAULT
    return CredentialResult(
        id=row.id,
        credential_id=row.id,
        user_name=row.username,
        display_name=row.name or row.username,
        last_verified_date_time_utc=at(row.last_verified_at),
        status=_word(status),
        last_password_change_date_time_utc=at(row.last_changed_at or row.secret_set_at),
        next_password_change_date_time_utc=at(row.next_change_at),
        age=row.age(now),
        user_id=row.host_user_id,
        managed_user_id=row.managed_user_id,
        sam_account_name=row.username,
        dependency_count=row.dependency_count,
        managed_type=ManagedType(row.managed_type),
        rotation_type=ManagedUserType(row.method),
        credential_type=CredentialType(row.type),
        domain=row.domain or None,
        resource=row.resource_name,
        platform=row.platform_name,
        platform_id=row.platform_id,
        managed_resource_id=row.resource_id,
        secret_vault_id=row.resource_id if in_vault else None,
        password_status=status,
        privilege=UserPrivilege(row.privilege),
    )


def _account(row: resources.HostUser, *, managed: bool) -> HostUser:
    view = HostUser(
        id=row.id,
        display_name=row.login,
        enabled=row.enabled,
        unix_id=row.unix_id,
        unix_group_id=row.unix_group_id,
        home_directory=row.home,
        managed=managed,
        host_id=row.resource_id,
        samaccountname=row.login,
        name=row.login,
        privilege=UserPrivilege(row.privilege),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
    view.shell = row.shell
    return view


def _dependant(row: places.DependantPlace) -> CredentialHostResult:
    return CredentialHostResult(
        id=row.id,
        credential_id=row.credential_id,
        host_id=row.resource_id,
        host_user_id=row.host_user_id or NIL,
        managed_resource_id=row.resource_id,
        resource_name=row.resource_name,
        sam_account_name=row.username,
        dns_host_name=row.dns_name,
        type=row.kind,
        name=row.name,
        last_password_change_date_time_utc=at(row.last_changed_at),
        next_password_change_date_time_utc=at(row.next_change_at),
        last_password_change_status=_action(row.last_state),
        current_password_change_status=_action(row.open_state),
    )


def _job_status(state: int | None) -> ServiceRotationJobStatus:
    return ServiceRotationJobStatus.UNSPECIFIED if state is None else ServiceRotationJobStatus(state)


def _action(state: int | None) -> ActionStatus:
    return ActionStatus.UNKNOWN if state is None else _ACTION.get(State(state), ActionStatus.UNKNOWN)


def _word(status: VerificationScanStatus | ServiceRotationJobStatus) -> str:
    """The status as people read it: "Completed with errors"."""
    return status.name.replace("_", " ").capitalize()
