"""Steps with passkeys over the API, for the tests of several rooms."""

from __future__ import annotations

from typing import Any

import httpx

from identities_world import PASSWORD, Caller, Callers
from software_authenticator import Json, SoftwareAuthenticator

MINE = "/api/locum/v1/Passkey"
SECOND = "/api/locum/v1/SecondFactor/Passkey"
ALONE = "/api/locum/v1/SignIn/Passkey"
TOTP = "/api/locum/v1/SecondFactor/Totp"
TOKEN = "/api/v1/UserToken"


async def after_password(callers: Callers, name: str) -> Caller:
    """Somebody whose password was right."""
    answer = await callers.nobody().post("/signinBody", {"Login": name, "Password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return callers.bearing(answer.json())


async def options(caller: Caller, path: str) -> Json:
    answer = await caller.post(f"{path}/Options")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def enrol(caller: Caller, key: SoftwareAuthenticator, name: str = "my phone") -> dict[str, Any]:
    created = key.create(await options(caller, MINE))
    answer = await caller.post(MINE, {"name": name, "credential": created})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def newcomer(callers: Callers, name: str, key: SoftwareAuthenticator) -> Caller:
    """A new person whose only second factor is a passkey, signed in."""
    callers.world.person(name, enrolled=False)
    return callers.bearing((await enrol(await after_password(callers, name), key))["token"])


async def by_passkey(callers: Callers, key: SoftwareAuthenticator) -> httpx.Response:
    """Sign in with nothing else."""
    nobody = callers.nobody()
    return await nobody.post(ALONE, key.get(await options(nobody, ALONE)))
