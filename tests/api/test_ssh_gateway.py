"""The gateway's address and key, for whoever asks."""

from __future__ import annotations

import pytest

from identities_world import Callers

pytestmark = pytest.mark.anyio


async def test_nobody_signs_in_to_learn_where_the_gateway_is(callers: Callers) -> None:
    answer = await callers.nobody().get("/api/locum/v1/SshGateway")
    assert answer.status_code == 200
    assert answer.json() == {"address": "127.0.0.1:4422", "hostKey": callers.api.ssh_host_key}
