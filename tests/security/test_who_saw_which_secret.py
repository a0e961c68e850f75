"""What each change of a credential, and each secret that leaves, writes into the audit log: never the secret."""

from __future__ import annotations

from typing import Any

import pytest

from audited import events
from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made

pytestmark = pytest.mark.anyio

SECRETS = "/api/locum/v1/Secret"


async def test_the_log_says_who_had_which_secret_and_how(estate: Estate) -> None:
    admin = estate.admin
    mine = made(await admin.post(CREDENTIALS, {"username": "app", "password": SERVICE_PASSWORD}))["id"]
    made(await admin.put(f"{CREDENTIALS}/{mine}", {"password": "canary-2", "name": "App"}))
    await estate.get(admin, f"{CREDENTIALS}/{mine}", showPassword=True)
    await estate.get(admin, f"{SECRETS}/{mine}/Copy")
    await estate.get(admin, f"{SECRETS}/{mine}/Export", version=1)
    assert (await admin.http.delete(f"{CREDENTIALS}/{mine}")).status_code == 200
    who: dict[str, Any] = {"username": "app", "domain": ""}
    wanted = [
        ("credential.created", who),
        ("credential.changed", {**who, "fields": "name, password"}),
        ("credential.secret_revealed", {**who, "parts": "password"}),
        ("credential.secret_copied", {**who, "parts": "password"}),
        ("credential.secret_exported", {**who, "parts": "password", "version": 1}),
        ("credential.deleted", who),
    ]
    found = [one for one in events(estate.database, *(action for action, _ in wanted)) if str(one[5]) == mine]
    assert [(one[0], one[7]) for one in found] == wanted
    assert {(one[2], one[3], one[4], one[6]) for one in found} == {("root", "192.0.2.1", "credential", "ok")}
    assert "canary" not in repr(found)
