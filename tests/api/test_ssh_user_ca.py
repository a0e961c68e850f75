"""The SSH user CA over the API."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from account_calls import assert_problem
from estate import Estate
from locum.resources.add import get_resource

pytestmark = pytest.mark.anyio

CA = "/api/locum/v1/SshUserCa"


@pytest.mark.sees_effect("SshUserCa.Get", "SshUserCa.Trust")
async def test_a_host_is_told_to_trust_the_ca(estate: Estate) -> None:
    line = (await estate.get(estate.admin, CA))["publicKey"]
    assert line.startswith("ssh-ed25519 AAAA")
    assert line.endswith(" locum user CA")
    host = UUID(estate.ids["web01"])
    path = f"/api/locum/v1/ManagedResource/{host}/SshUserCa"
    answer = await estate.admin.put(path, {"trusted": True})
    assert answer.json() == {"managedResourceId": str(host), "trusted": True}
    assert (await estate.database.read(get_resource, host)).trusts_user_ca
    assert_problem(await estate.admin.put(path, {}), 400)
    assert_problem(await estate.ada.put(path, {"trusted": False}), 403)
    unknown = f"/api/locum/v1/ManagedResource/{uuid4()}/SshUserCa"
    assert_problem(await estate.admin.put(unknown, {"trusted": True}), 404)
