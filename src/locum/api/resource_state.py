"""What an administrator sees of a resource beside the fields that the contract has for it."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, Out, Time, at
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.reads.resources import silence
from locum.resources.add import get_resource


class ResourceId(In):
    managed_resource_id: UUID


class ResourceState(Out):
    """`unreached…` and `problem` are null for one that answered when Locum last tried.

    The last four are a database server's; a `port` of null is the platform's usual one.
    """

    unreached_since_date_time_utc: Time | None = None
    problem: str | None = None
    trusts_user_ca: bool = False
    port: int | None = None
    database_name: str | None = None
    encrypted: bool = True
    trust_server_certificate: bool = False


@operation(
    "ResourceState.Get",
    "GET /api/locum/v1/ManagedResource/{managedResourceId}/State",
    who=ADMIN,
    permission=Permission.RESOURCES_RESOURCE_READ,
    problems=(404,),
    summary="Whether a resource answered at the last try, trusts the SSH user CA, and how its database listens",
)
def get_state(tx: ReadTx, call: Call[ResourceId, None, None]) -> ResourceState:
    found = get_resource(tx, call.params.managed_resource_id)
    silent = silence(tx, found.id)
    return ResourceState(
        unreached_since_date_time_utc=at(silent.since) if silent else None,
        problem=silent.reason if silent else None,
        trusts_user_ca=found.trusts_user_ca,
        port=found.port,
        database_name=found.database_name,
        encrypted=found.encrypted,
        trust_server_certificate=found.trust_server_certificate,
    )
