"""Hosts whose SSH server is so old that it knows weak algorithms alone."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In
from locum.api.wire.legacy_algorithms import LegacyAlgorithms, LegacyAlgorithmsIn
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.resources.add import get_resource
from locum.resources.legacy_algorithms import allow_legacy


class ResourceId(In):
    managed_resource_id: UUID


@operation(
    "LegacyAlgorithms.Get",
    "GET /api/locum/v1/ManagedResource/{managedResourceId}/LegacyAlgorithms",
    who=ADMIN,
    permission=Permission.RESOURCES_RESOURCE_READ,
    problems=(404,),
    summary="Whether a host may be spoken to in the weak ways of old SSH servers",
)
def get_legacy(tx: ReadTx, call: Call[ResourceId, None, None]) -> LegacyAlgorithms:
    return LegacyAlgorithms(allowed=get_resource(tx, call.params.managed_resource_id).legacy_algorithms)


@operation(
    "LegacyAlgorithms.Put",
    "PUT /api/locum/v1/ManagedResource/{managedResourceId}/LegacyAlgorithms",
    who=ADMIN,
    permission=Permission.RESOURCES_HOSTKEY_TRUST,
    problems=(404, 409),
    audit="resource.legacy_algorithms_changed",
    summary="Let a host be spoken to in the weak ways of old SSH servers, or no longer",
)
def put_legacy(tx: Tx, call: Call[ResourceId, None, LegacyAlgorithmsIn]) -> LegacyAlgorithms:
    """Counts from the next connection on."""
    allow_legacy(tx, call.caller.actor, call.params.managed_resource_id, allowed=call.body.allowed)
    return LegacyAlgorithms(allowed=call.body.allowed)
