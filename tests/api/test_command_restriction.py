"""Command restrictions over the API, and what they are to sessions."""

from __future__ import annotations

from uuid import UUID

import pytest

from estate import Estate, made, problem
from locum.activities.command_restrictions import in_force
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/locum/v1/CommandRestriction"
RULE = {"pattern": "^rm -rf", "action": "Block_And_Lock", "message": "ask first", "mail": True}
KEPT = {**RULE, "action": "block_and_lock"}


def of_profile(profile: str) -> str:
    return f"/api/locum/v1/ConnectionProfile/{profile}/CommandRestriction"


async def default_profile(estate: Estate) -> str:
    found: str = (await estate.get(estate.admin, "/api/v1/ConnectionProfile"))[0]["id"]
    return found


@pytest.mark.sees_effect("CommandRestriction.Post", "CommandRestriction.GetAll", "CommandRestriction.GetById")
@pytest.mark.sees_effect("CommandRestriction.Put", "CommandRestriction.Delete")
@pytest.mark.sees_effect("ConnectionProfile.GetCommandRestrictions", "ConnectionProfile.SetCommandRestrictions")
async def test_a_profile_restricts_commands(estate: Estate) -> None:
    profile = await default_profile(estate)
    one = await estate.restriction("Removals", RULE, mailTo="ops@example.org")
    assert (one["active"], one["mailTo"], one["rules"]) == (True, "ops@example.org", [KEPT])
    assert await estate.get(estate.admin, f"{PATH}/{one['id']}") == one
    assert await estate.get(estate.admin, PATH) == [one]
    assert await estate.get(estate.admin, of_profile(profile)) == []

    def forced() -> list[str]:
        found = estate.database.submit_read(in_force, UUID(profile)).result()
        return [f"{one.name}: {one.rules[0].pattern}" for one in found]

    kept = made(await estate.admin.put(of_profile(profile), [one["id"]]))
    assert kept == await estate.get(estate.admin, of_profile(profile)) == [one]
    assert forced() == ["Removals: ^rm -rf"]
    assert estate.audited("connection_profile.changed", profile) == 1
    change = {"name": "Deletes", "rules": [{"pattern": "^dd ", "action": "log"}], "mailTo": None}
    changed = made(await estate.admin.put(f"{PATH}/{one['id']}", change))
    assert (changed["name"], changed["mailTo"], forced()) == ("Deletes", None, ["Deletes: ^dd "])
    made(await estate.admin.put(f"{PATH}/{one['id']}", {"active": False}))
    assert forced() == []
    answer = problem(await estate.admin.http.delete(f"{PATH}/{one['id']}"), 409)
    assert "“Default”" in answer["detail"]
    made(await estate.admin.put(of_profile(profile), []))
    assert (await estate.admin.http.delete(f"{PATH}/{one['id']}")).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    assert estate.audited("command_restriction.deleted", one["id"]) == 1


async def test_what_is_wrong_is_said(estate: Estate) -> None:
    profile = await default_profile(estate)
    for rules, field in (
        ([], "rules"),
        ([{"pattern": "(a", "action": "log"}], "pattern"),
        ([{"pattern": "a", "action": "smile"}], "action"),
        ([RULE], "mailTo"),
    ):
        assert field in str(problem(await estate.admin.post(PATH, {"name": "x", "rules": rules}), 400))
    await estate.restriction("Removals")
    twin = {"name": "REMOVALS", "rules": [{"pattern": "a", "action": "log"}]}
    problem(await estate.admin.post(PATH, twin), 409)
    problem(await estate.admin.put(of_profile(profile), [str(new_id())]), 400)
    problem(await estate.admin.get(f"{PATH}/{new_id()}"), 404)
    problem(await estate.ada.get(PATH), 403)
