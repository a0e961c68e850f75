"""/api/v1/CredentialGroup: the contract has the model and no path for it (CRED-10)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.credential_group import (
    CredentialGroup,
    CredentialGroupIn,
    CredentialJoin,
    MembersChanged,
    MemberView,
)
from locum.credentials import groups, model
from locum.credentials.members import OF_GROUP, member_ids, members
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission


class GroupId(In):
    credential_group_id: UUID


@operation(
    "CredentialGroup.GetAll",
    "GET /api/v1/CredentialGroup",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_READ,
    summary="Every credential group, by name, as a bare array",
)
def get_groups(tx: ReadTx, call: Call[None, None, None]) -> list[CredentialGroup]:
    return [shown(row) for row in groups.groups(tx)]


@operation(
    "CredentialGroup.GetById",
    "GET /api/v1/CredentialGroup/{credentialGroupId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_READ,
    problems=(404,),
    summary="One credential group with the ids of its credentials",
)
def get_group(tx: ReadTx, call: Call[GroupId, None, None]) -> CredentialGroup:
    view = shown(groups.group_of(tx, call.params.credential_group_id))
    view.credential_join = [
        CredentialJoin(credential_id=credential_id, credential_group_id=view.id)
        for credential_id in member_ids(tx, OF_GROUP, view.id)
    ]
    return view


@operation(
    "CredentialGroup.Post",
    "POST /api/v1/CredentialGroup",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_MANAGE,
    problems=(409,),
    audit="credential_group.created",
    summary="Make an empty credential group",
)
def create_group(tx: Tx, call: Call[None, None, CredentialGroupIn]) -> CredentialGroup:
    made = groups.add_group(tx, call.caller.actor, name=call.body.name, description=call.body.description)
    return shown(made)


@operation(
    "CredentialGroup.Put",
    "PUT /api/v1/CredentialGroup/{credentialGroupId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_MANAGE,
    problems=(404, 409),
    audit="credential_group.changed",
    summary="Change a credential group's name and description; what is absent stays, and so do its credentials",
)
def put_group(tx: Tx, call: Call[GroupId, None, CredentialGroupIn]) -> CredentialGroup:
    changed = groups.change_group(
        tx,
        call.caller.actor,
        call.params.credential_group_id,
        name=call.body.name,
        description=call.body.description,
    )
    return shown(changed)


@operation(
    "CredentialGroup.Delete",
    "DELETE /api/v1/CredentialGroup/{credentialGroupId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_MANAGE,
    problems=(404, 409),
    audit="credential_group.deleted",
    summary="Delete a credential group; its credentials stay",
)
def delete_group(tx: Tx, call: Call[GroupId, None, None]) -> None:
    groups.delete_group(tx, call.caller.actor, call.params.credential_group_id)


@operation(
    "CredentialGroup.GetCredentials",
    "GET /api/v1/CredentialGroup/{credentialGroupId}/Credential",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_READ,
    problems=(404,),
    summary="One page of a group's credentials",
)
def get_credentials(tx: ReadTx, call: Call[GroupId, Paging, None]) -> Table[MemberView]:
    group = groups.group_of(tx, call.params.credential_group_id)
    listed = members(tx, OF_GROUP, group.id, call.query.page())
    return Table[MemberView](data=[MemberView.from_row(row) for row in listed.rows], records_total=listed.total)


@operation(
    "CredentialGroup.AddCredentials",
    "POST /api/v1/CredentialGroup/{credentialGroupId}/Credential",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_MANAGE,
    problems=(404, 409),
    audit="credential_group.member_added",
    summary="Put credentials into a group; those in it already are left alone",
)
def add_credentials(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> MembersChanged:
    if call.caller.key is not None:  # policies may give the group to people
        for credential_id in call.body:
            call.caller.key.check_credential(credential_id)
    count = groups.add_credentials(tx, call.caller.actor, call.params.credential_group_id, call.body)
    return MembersChanged(count=count)


@operation(
    "CredentialGroup.RemoveCredentials",
    "POST /api/v1/CredentialGroup/{credentialGroupId}/Credential/DeleteMultiple",
    who=ADMIN,
    permission=Permission.CREDENTIALS_GROUP_MANAGE,
    problems=(404,),
    audit="credential_group.member_removed",
    summary="Take credentials out of a group; those that are not in it are left alone",
)
def remove_credentials(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> MembersChanged:
    count = groups.remove_credentials(tx, call.caller.actor, call.params.credential_group_id, call.body)
    return MembersChanged(count=count)


def shown(row: model.CredentialGroup) -> CredentialGroup:
    """A credential group as the wire has it in lists."""
    return CredentialGroup(
        id=row.id,
        name=row.name,
        description=row.description,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
