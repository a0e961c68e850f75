"""An administrator trusts the host key that a resource shows; nobody else does."""

from __future__ import annotations

from uuid import UUID

import pytest

from estate import RESOURCES, Estate, problem
from locum.actions.host_key import remember_shown_key
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("ManagedResource.TrustAsync")
async def test_the_key_that_was_seen_is_trusted_by_an_administrator_alone(estate: Estate) -> None:
    path = f"{RESOURCES}/{estate.ids['web01']}/Trust"
    shown = {"key": "ssh-ed25519 AAAA", "thumbprint": "SHA256:new"}
    problem(await estate.admin.put(path, type="SSH"), 409)
    where = UUID(estate.ids["web01"])
    estate.database.submit_write(lambda tx: remember_shown_key(tx, where, **shown)).result()
    for who in (estate.ada, estate.callers.application("scheduler")):
        problem(await who.put(path, type="SSH", thumbprint="SHA256:new"), 403)
    for kind in ("WinRM", 1):
        problem(await estate.admin.put(path, type=kind), 409)
    problem(await estate.admin.put(path, type="7"), 400)
    problem(await estate.admin.put(path, type="SSH", thumbprint="SHA256:old"), 409)
    problem(await estate.admin.put(f"{RESOURCES}/{new_id()}/Trust", type="SSH"), 404)
    (row,) = (await estate.get(estate.admin, f"{RESOURCES}/Search"))["data"]
    assert (row["trustedThumbprint"], row["discoveredThumbprint"]) == (None, "SHA256:new")
    assert (await estate.admin.put(path, type="SSH", thumbprint="SHA256:new")).status_code == 200
    (row,) = (await estate.get(estate.admin, f"{RESOURCES}/Search"))["data"]
    assert (row["trustedThumbprint"], row["discoveredThumbprint"]) == ("SHA256:new", "SHA256:new")
    assert estate.audited("resource.host_key_trusted", estate.ids["web01"]) == 1
