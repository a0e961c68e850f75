"""Bodies of the operations on hosts that succeed, for tests that try every operation."""

from __future__ import annotations

from typing import Any


def resource_samples(host: str) -> dict[str, tuple[Any, dict[str, str]]]:
    """By operation, a body and the ids of its path. The host must have no secret that is checked out."""
    of = {"managedResourceId": host}
    return {
        "LegacyAlgorithms.Put": ({"allowed": True}, of),
        "ManagedResource.Post": ({"host": {"name": "db01"}, "ipAddress": "192.0.2.20"}, {}),
        "ManagedResource.PutAsync": ({"ipAddress": "192.0.2.21"}, of),
        "SshUserCa.Trust": ({"trusted": True}, of),
    }
