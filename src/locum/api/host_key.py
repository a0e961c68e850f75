"""/api/v1/ManagedResource/{resourceId}/Trust: an administrator trusts the host key that a resource shows now."""

from __future__ import annotations

from uuid import UUID

from locum.actions.host_key import trust_shown_key
from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, Name
from locum.api.wire.enums import CertificateType
from locum.kit.db import Tx
from locum.kit.errors import NotAvailable
from locum.kit.permissions import Permission


class TrustedResource(In):
    resource_id: UUID


class TrustQuery(In):
    type: CertificateType = CertificateType.SSH
    thumbprint: Name | None = None


@operation(
    "ManagedResource.TrustAsync",
    "PUT /api/v1/ManagedResource/{resourceId}/Trust",
    who=ADMIN,
    permission=Permission.RESOURCES_HOSTKEY_TRUST,
    problems=(404, 409),
    audit="resource.host_key_trusted",
    summary="Pin the SSH host key that a resource was last refused for (RES-11)",
)
def trust(tx: Tx, call: Call[TrustedResource, TrustQuery, None]) -> None:
    """`thumbprint` is ours: the one that was compared. Where another key was seen since, nothing is trusted."""
    if call.query.type is not CertificateType.SSH:
        raise NotAvailable("SSH host keys (2) can be trusted; certificates of WinRM and RDP are not looked at yet")
    trust_shown_key(tx, call.caller.actor, call.params.resource_id, thumbprint=call.query.thumbprint)
    tx.after_commit.append(call.api.changed.ring)
