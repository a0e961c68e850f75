"""Locum's SSH user CA: its public half, and which hosts are told to trust it."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.base import In
from locum.api.wire.ssh_user_ca import SshUserCa, SshUserCaTrust, SshUserCaTrustIn
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.resources.user_ca import set_trust
from locum.sessions.certificate import USER_CA, ca_line
from locum.vault import system_keys


class ResourceId(In):
    managed_resource_id: UUID


@operation(
    "SshUserCa.Get",
    "GET /api/locum/v1/SshUserCa",
    who=ADMIN_OR_APP,
    permission=Permission.RESOURCES_RESOURCE_READ,
    summary="The public key that hosts name in TrustedUserCAKeys",
)
def get_user_ca(tx: ReadTx, call: Call[None, None, None]) -> SshUserCa:
    return SshUserCa(public_key=ca_line(system_keys.load(tx, call.api.vault, USER_CA)))


@operation(
    "SshUserCa.Trust",
    "PUT /api/locum/v1/ManagedResource/{managedResourceId}/SshUserCa",
    who=ADMIN,
    permission=Permission.RESOURCES_RESOURCE_CREATE,
    problems=(404, 409),
    audit="resource.user_ca_changed",
    summary="Say whether a host trusts the CA: access sessions then sign in with certificates and put no key on it",
)
def trust_user_ca(tx: Tx, call: Call[ResourceId, None, SshUserCaTrustIn]) -> SshUserCaTrust:
    """Counts from the next access session on; those under way keep the way they were made ready for."""
    resource_id = call.params.managed_resource_id
    set_trust(tx, call.caller.actor, resource_id, trusted=call.body.trusted)
    return SshUserCaTrust(managed_resource_id=resource_id, trusted=call.body.trusted)
