"""What one has as second factors, and new recovery codes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from identities_world import Caller, Callers, Person
from locum.audit.model import audit_event
from locum.kit.db import Database
from passkey_steps import after_password, enrol
from software_authenticator import SoftwareAuthenticator

pytestmark = pytest.mark.anyio

FACTORS = "/api/locum/v1/SecondFactor"
CODES = "/api/locum/v1/SecondFactor/RecoveryCodes"


async def complete(callers: Callers, person: Person) -> Caller:
    """Signed in with a recovery code, so that the code of this half minute is left."""
    caller = await after_password(callers, person.name)
    answer = await caller.http.post("/signin2fa", content=person.recovery_codes.pop())
    assert answer.status_code == 200, answer.text
    return callers.bearing(answer.json())


@pytest.mark.sees_effect("SecondFactor.Get")
async def test_what_there_is(callers: Callers) -> None:
    ada = await complete(callers, callers.world.person("ada"))
    found = (await ada.get(FACTORS)).json()
    assert found == {"required": True, "totp": True, "passkeys": 0, "recoveryCodesLeft": 9}
    await enrol(ada, SoftwareAuthenticator())
    assert (await ada.get(FACTORS)).json() == {**found, "passkeys": 1}
    callers.world.user_mfa("optional")
    assert (await ada.get(FACTORS)).json()["required"] is False
    assert (await callers.application("robot").get(FACTORS)).status_code == 403


@pytest.mark.sees_effect("SecondFactor.RenewRecoveryCodes")
async def test_new_codes_end_the_old_ones(callers: Callers, database: Database) -> None:
    person = callers.world.person("ada")
    ada = await complete(callers, person)
    code = person.totp.now()
    answer = await ada.post(CODES, {"code": code})
    assert answer.status_code == 200, answer.text
    fresh = answer.json()["recoveryCodes"]
    assert len(set(fresh)) == 10
    assert not set(fresh) & set(person.recovery_codes)
    assert (await ada.post(CODES, {"code": code})).status_code == 401
    pending = await after_password(callers, "ada")
    assert (await pending.http.post("/signin2fa", content=person.recovery_codes[0])).status_code == 401
    assert (await pending.http.post("/signin2fa", content=fresh[0])).status_code == 200
    assert (await ada.get(FACTORS)).json()["recoveryCodesLeft"] == 9
    actions = database.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.action))).result()
    assert actions.count("second_factor.codes_renewed") == 1


async def test_wrong_codes_count_towards_the_lock(callers: Callers) -> None:
    person = callers.world.person("ada")
    ada = await complete(callers, person)
    answers = [(await ada.post(CODES, {"code": "no code"})).status_code for _ in range(5)]
    assert answers == [401, 401, 401, 401, 429]
    locked = await ada.post(CODES, {"code": person.totp.now()})
    assert (locked.status_code, int(locked.headers["retry-after"]) > 200) == (429, True)
    assert (await ada.get(FACTORS)).json()["recoveryCodesLeft"] == 9


async def test_whose_only_factor_is_a_passkey_renews_with_an_old_code(callers: Callers) -> None:
    callers.world.person("ada", enrolled=False)
    done = await enrol(await after_password(callers, "ada"), SoftwareAuthenticator())
    ada = callers.bearing(done["token"])
    answer = await ada.post(CODES, {"code": done["recoveryCodes"][0]})
    assert len(answer.json()["recoveryCodes"]) == 10
    assert (await ada.post(CODES, {"code": done["recoveryCodes"][1]})).status_code == 401


async def test_codes_come_with_a_factor_only(callers: Callers) -> None:
    assert (await callers.person("ada").post(CODES, {"code": "123456"})).status_code == 409
    robot = callers.application("robot")
    assert (await robot.post(CODES, {"code": "123456"})).status_code == 403
