"""The rules of signing in over the API, each seen to count elsewhere."""

from __future__ import annotations

from uuid import uuid4

import pytest

from account_calls import BASE, application, assert_problem, first_step, local_user, new_key
from audited import details
from identities_world import Callers
from locum.identities.caller import Role
from locum.kit.db import Database

pytestmark = pytest.mark.anyio

RULES = "/api/locum/v1/SignInPolicy"


@pytest.mark.sees_effect("SignInPolicy.Get", "SignInPolicy.Put")
async def test_what_is_set_counts(callers: Callers, database: Database) -> None:
    admin = callers.person("root", Role.ADMIN)
    before = (await admin.get(RULES)).json()
    assert (before["secondFactorRequired"], before["passwordLength"], before["revealApiKeys"]) == (True, 8, True)
    callers.world.person("new", enrolled=False)
    pending = callers.bearing((await first_step(callers.nobody(), "new")).json())
    assert_problem(await pending.http.post("/signin2fa", content="NA"), 403)
    changes = {"passwordLength": 30, "secondFactorRequired": False, "idleMinutes": 25, "passwordDays": None}
    after = await admin.put(RULES, changes)
    expected = {**before, "passwordLength": 30, "secondFactorRequired": False, "idleMinutes": 25}
    assert after.json() == (await admin.get(RULES)).json() == expected
    refused = await admin.post(f"{BASE}/CreateLocalUser", local_user("x", "correct horse battery"))
    assert_problem(refused, 400)
    assert "at least 30" in refused.json()["detail"]
    assert (await pending.http.post("/signin2fa", content="NA")).status_code == 200
    assert {row["name"] for row in details(database, "signin_policy.changed")} == {
        "password_length",
        "user_mfa",
        "idle_minutes",
    }


@pytest.mark.sees_effect("SignInPolicy.Password")
async def test_who_must_change_their_password_is_told_its_rules(callers: Callers) -> None:
    """And so is who is signed in; nobody else is."""
    admin = callers.person("root", Role.ADMIN)
    await admin.put(RULES, {"passwordLength": 14, "passwordDigit": True})
    ada = callers.world.person("ada")
    reset = {"passwordNew": "horse battery staple 7"}
    assert (await admin.put(f"{BASE}/ResetLocalUserPassword/{ada.id}", reset)).status_code == 200
    pending = callers.bearing((await first_step(callers.nobody(), "ada", reset["passwordNew"])).json())
    told = (await pending.get(f"{RULES}/Password")).json()
    assert (told["passwordLength"], told["passwordDigit"], told["passwordSymbol"]) == (14, True, False)
    assert (await callers.person("eve").get(f"{RULES}/Password")).json() == told
    assert_problem(await callers.nobody().get(f"{RULES}/Password"), 401)
    callers.world.person("fred")
    other_step = callers.bearing((await first_step(callers.nobody(), "fred")).json())
    assert_problem(await other_step.get(f"{RULES}/Password"), 403)


async def test_what_can_t_be_set(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    before = (await admin.get(RULES)).json()
    for body in ({"passwordLength": 7}, {"idleMinutes": 0}, {"passwordHistory": 25}, {"longestHours": "x"}):
        assert_problem(await admin.put(RULES, {"passwordDays": 9, **body}), 400)
    for caller in (callers.person("ada"), callers.application("robot")):
        assert_problem(await caller.put(RULES, {}), 403)
        assert_problem(await caller.get(RULES), 403)
    assert (await admin.get(RULES)).json() == before


async def test_revealing_goes_off_for_good(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    await new_key(admin, robot)
    assert (await admin.put(RULES, {"revealApiKeys": False})).json()["revealApiKeys"] is False
    assert_problem(await admin.get(f"{BASE}/RevealApiKey/{robot}"), 403)
    back = await admin.put(RULES, {"revealApiKeys": True})
    assert_problem(back, 409)
    assert "for good" in back.json()["detail"]
    rows = (await admin.get(f"/api/locum/v1/Application/{robot}/ApiKey")).json()
    assert [(row["isLive"], row["canBeRevealed"]) for row in rows] == [(True, False)]


@pytest.mark.sees_effect("SecondFactor.Require", "SecondFactor.Requirement")
async def test_one_person_s_second_factor(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    ada, robot = callers.world.person("ada"), callers.world.application()
    path = f"/api/locum/v1/SecondFactor/{ada.id}/Requirement"
    cases = (("NotRequired", "NA", 200, 2), (1, "NA", 401, 1), ("default", "NA", 401, 0))
    for requirement, code, status, kept in cases:
        answer = await admin.put(path, {"requirement": requirement})
        assert answer.status_code == 200, answer.text
        assert (await admin.get(path)).json() == {"identityId": str(ada.id), "requirement": kept}
        pending = callers.bearing((await first_step(callers.nobody(), "ada")).json())
        assert (await pending.http.post("/signin2fa", content=code)).status_code == status
    assert_problem(await admin.put(path, {"requirement": 3}), 400)
    assert_problem(await admin.put(path, {}), 400)
    assert_problem(await admin.put(path.replace(str(ada.id), str(robot.id)), {"requirement": 1}), 400)
    assert_problem(await admin.put(path.replace(str(ada.id), str(uuid4())), {"requirement": 1}), 404)
    assert_problem(await admin.get(path.replace(str(ada.id), str(robot.id))), 400)
    assert_problem(await callers.person("eve").put(path, {"requirement": 2}), 403)
    assert_problem(await callers.person("eve2").get(path), 403)
