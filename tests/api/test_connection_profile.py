"""The list of connection profiles, and what SSH keys are worth under each."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import POLICIES, SESSIONS, Estate, made, problem
from locum.activities.model import SshKeyUse, connection_profile
from locum.kit.ids import new_id
from locum.sessions.wanted import Wanted, ssh_key_use

pytestmark = pytest.mark.anyio

PROFILES = "/api/v1/ConnectionProfile"


@pytest.mark.sees_effect("ConnectionProfile.GetAll")
async def test_it_shows_what_sessions_are_like(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    assert (default["name"], default["type"], default["isDefault"]) == ("Default", 1, True)
    assert (default["record"], default["maxSessionLength"]) == (True, 60)
    assert (await estate.ask())["activityConfigurationId"] == default["id"]
    change = sa.update(connection_profile).values(max_session_minutes=5)
    estate.database.submit_write(lambda tx: tx.run(change)).result()
    (default,) = await estate.get(estate.callers.application("robot"), PROFILES.lower())
    assert default["maxSessionLength"] == 5


async def test_users_do_not_see_them(estate: Estate) -> None:
    problem(await estate.ada.get(PROFILES), 403)


@pytest.mark.sees_effect("ConnectionProfile.SetSshKeyUse")
@pytest.mark.sees_effect("ConnectionProfile.GetSshKeyUse")
async def test_what_ssh_keys_are_worth_is_set_for_a_profile(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    path = f"/api/locum/v1/ConnectionProfile/{default['id']}/SshKeyUse"
    assert await estate.get(estate.admin, path) == {"sshKeyUse": "first"}
    wanted = Wanted("ada", "Linux_sudo", "web01")
    for use in SshKeyUse:
        answer = await estate.admin.put(path, {"sshKeyUse": use.upper()})
        assert (answer.status_code, answer.json()) == (200, {"sshKeyUse": use})
        assert await estate.get(estate.admin, path) == {"sshKeyUse": use}
        found = estate.database.submit_read(ssh_key_use, UUID(estate.ids["ada"]), wanted).result()
        assert found is use
    assert estate.audited("connection_profile.changed", default["id"]) == len(SshKeyUse)


async def test_only_administrators_set_it_and_only_to_what_there_is(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    path = f"/api/locum/v1/ConnectionProfile/{default['id']}/SshKeyUse"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(path), 403)
        problem(await stranger.put(path, {"sshKeyUse": "any"}), 403)
    wrong = problem(await estate.admin.put(path, {"sshKeyUse": "both"}), 400)
    assert "off, first, security_key, any" in str(wrong)
    unknown = f"/api/locum/v1/ConnectionProfile/{new_id()}/SshKeyUse"
    problem(await estate.admin.get(unknown), 404)
    problem(await estate.admin.put(unknown, {"sshKeyUse": "any"}), 404)
    assert await estate.get(estate.admin, path) == {"sshKeyUse": "first"}


async def held(estate: Estate, **settings: object) -> dict[str, Any]:
    """A profile with these settings, under which Ada's policy gives access from now on."""
    profile = made(await estate.admin.post(PROFILES, {"name": "Strict", **settings}))
    policy = f"{POLICIES}/{estate.ids['admins']}"
    made(await estate.admin.put(policy, {"activityConfigurationId": profile["id"]}))
    return profile


@pytest.mark.sees_effect("ConnectionProfile.Post", "ConnectionProfile.Put", "ConnectionProfile.GetById")
async def test_a_profile_says_what_sessions_are_like_and_what_is_asked_for(estate: Estate) -> None:
    asked = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    fields = [
        {"customFieldNumber": 1, "name": "change", "customFieldDataType": "Integer", "required": True},
        {"customFieldNumber": 2, "name": "site", "customFieldDataType": 2, "options": "Berlin, Bonn"},
    ]
    profile = await held(estate, maxSessionLength=7, record=False, notesRequired=True, customFields=fields)
    path = f"{PROFILES}/{profile['id']}"
    assert profile == await estate.get(estate.admin, path)
    assert [one["name"] for one in profile["customFields"]] == ["change", "site"]
    assert "notes" in problem(await estate.ada.post(SESSIONS, asked), 403)["detail"]
    asked["note"] = "why"
    told = problem(await estate.ada.post(SESSIONS, asked), 400)
    assert "“change” is required" in str(told["errors"]["customFields"])
    values = [{"name": "Change", "value": "42"}, {"name": "site", "value": "Paris"}]
    told = problem(await estate.ada.post(SESSIONS, {**asked, "customFields": values}), 400)
    assert "Berlin, Bonn" in str(told)
    values[1]["value"] = "bonn"
    session = made(await estate.ada.post(SESSIONS, {**asked, "customFields": values}), 201)
    assert json.loads(session["customFields"]) == {"change": "42", "site": "Bonn"}
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session['id']}"))["customFields"] == session["customFields"]
    start, end = (dt.datetime.fromisoformat(session[f"scheduled{word}DateTimeUtc"]) for word in ("Start", "End"))
    assert end - start == dt.timedelta(minutes=7)
    changed = made(await estate.admin.put(path, {**profile, "customFields": [], "notesRequired": False}))
    assert (changed["customFields"], changed["notesRequired"], changed["maxSessionLength"]) == ([], False, 7)
    made(await estate.ada.post(SESSIONS, asked), 201)
    assert estate.audited("connection_profile.changed", profile["id"]) == 1


async def test_the_stricter_of_policy_and_profile_counts(estate: Estate) -> None:
    asked = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"], "ticket": "T-1"}
    profile = await held(estate, ticketRequired=True)
    made(await estate.ada.post(SESSIONS, asked), 201)
    assert "ticket" in problem(await estate.ada.post(SESSIONS, {**asked, "ticket": " "}), 403)["detail"]
    made(await estate.admin.put(f"{PROFILES}/{profile['id']}", {"approvalTypeRequired": "Deny"}))
    assert "denies" in problem(await estate.ada.post(SESSIONS, asked), 403)["detail"]


@pytest.mark.sees_effect("ConnectionProfile.Delete")
async def test_a_profile_is_deleted_when_nothing_has_it(estate: Estate) -> None:
    profile = await held(estate)
    path = f"{PROFILES}/{profile['id']}"
    assert "access policy “admins”" in problem(await estate.admin.http.delete(path), 409)["detail"]
    (default,) = [one for one in await estate.get(estate.admin, PROFILES) if one["isDefault"]]
    policy = f"{POLICIES}/{estate.ids['admins']}"
    made(await estate.admin.put(policy, {"activityConfigurationId": default["id"]}))
    assert (await estate.admin.http.delete(path)).status_code == 200
    problem(await estate.admin.get(path), 404)
    problem(await estate.admin.http.delete(f"{PROFILES}/{default['id']}"), 409)


async def test_what_is_wrong_or_not_there_yet_is_said(estate: Estate) -> None:
    for body, status, words in (
        ({"name": "x", "maxSessionLength": 0}, 400, "maxSessionLength"),
        ({"name": ""}, 400, "name"),
        ({"name": "default"}, 409, "already"),
        ({"name": "x", "recordAudio": True}, 409, "recordAudio is not available"),
        ({"name": "x", "rdpProxyHost": "a:1"}, 409, "rdpProxyHost"),
        ({"name": "x", "customFields": [{"customFieldNumber": 9, "name": "y"}]}, 400, "customFieldNumber"),
    ):
        assert words in problem(await estate.admin.post(PROFILES, body), status).__str__(), body
    problem(await estate.ada.post(PROFILES, {"name": "x"}), 403)
    problem(await estate.callers.application("robot").post(PROFILES, {"name": "x"}), 403)
    assert len(await estate.get(estate.admin, PROFILES)) == 1
