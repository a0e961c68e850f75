"""Connection profiles: what each says of sessions, and that they are so."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import NIL, POLICIES, SESSIONS, Estate, made, problem
from locum.activities.model import SshKeyUse, connection_profile
from locum.activities.read import channel_rules_of
from locum.kit.ids import new_id
from locum.sessions.wanted import Wanted, ssh_key_use
from statements import selects

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
        found = estate.database.submit_read(ssh_key_use, UUID(estate.ids["ada"]), wanted, "192.0.2.1").result()
        assert found is use
    assert estate.audited("connection_profile.changed", default["id"]) == len(SshKeyUse)


async def test_only_administrators_set_it_and_only_to_what_there_is(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    path = f"/api/locum/v1/ConnectionProfile/{default['id']}/SshKeyUse"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(path), 403)
        problem(await stranger.put(path, {"sshKeyUse": "any"}), 403)
    wrong = problem(await estate.admin.put(path, {"sshKeyUse": "both"}), 400)
    assert "off, first, security_key, sign_in_key, any" in str(wrong)
    unknown = f"/api/locum/v1/ConnectionProfile/{new_id()}/SshKeyUse"
    problem(await estate.admin.get(unknown), 404)
    problem(await estate.admin.put(unknown, {"sshKeyUse": "any"}), 404)
    assert await estate.get(estate.admin, path) == {"sshKeyUse": "first"}


def session(estate: Estate, **more: Any) -> dict[str, Any]:
    return {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"], **more}


async def strict(estate: Estate, **settings: Any) -> str:
    """A profile with these settings, which the policy has from now on; answers its id."""
    profile = made(await estate.admin.post(PROFILES, {"name": "strict"} | settings))
    change = {"id": estate.ids["admins"], "activityConfigurationId": profile["id"]}
    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}", change))
    return str(profile["id"])


async def workflow(estate: Estate) -> str:
    listed = {"approvalWorkflowApproverAccountId": estate.ids["eve"]}
    tiers = [{"approvalWorkflowTierApprovers": [listed], "requiredApprovalCount": 1}]
    body = {"name": "four eyes", "approvalWorkflowTiers": tiers}
    return str(made(await estate.admin.post("/api/v1/ApprovalWorkflow", body))["id"])


EVERY = {
    "record": False, "maxSessionLength": 7, "allowSessionExtension": True, "sessionExtensionMinutes": 3,
    "sessionExtensionCount": 2, "expirationTimeoutThreshold": 4, "notesRequired": True, "ticketRequired": True,
    "approvalTypeRequired": 2, "leaveInGroup": True,
    "monitorEntireSession": True, "sessionMonitorInterval": 6, "recordAudio": True, "proxyAutoConnect": True,
    "allowPasswordAccess": False, "allowViewPassword": True, "allowAutofillPassword": False,
    "viewPasswordInSeconds": 20, "sshProxyHost": "gate.example:4422", "rdpProxyHost": "[::1]:4489",
    "sshScanDc": True, "deleteAccount": True, "sessionRetryInterval": 9, "clearWebsiteDataBeforeStart": True,
    "clearWebsiteDataAfterStop": True, "approvedWorkflowEmailTemplateId": str(UUID(int=1)),
    "notifyApproversWorkflowEmailTemplateId": str(UUID(int=2)), "approvalWorkflowEmailTemplateId": str(UUID(int=3)),
}  # fmt: skip


@pytest.mark.sees_effect("ConnectionProfile.Post")
@pytest.mark.sees_effect("ConnectionProfile.GetById")
async def test_every_setting_is_kept_and_shown_twice(estate: Estate) -> None:
    (complexity,) = await estate.get(estate.admin, "/api/v1/PasswordComplexity")
    every = {**EVERY, "activityTokenComplexity": complexity["id"], "approvalWorkflowId": await workflow(estate)}
    view = made(await estate.admin.post(PROFILES, {"name": "all", "description": "of them", **every}))
    seen = await estate.get(estate.callers.application("robot"), f"{PROFILES}/{view['id']}")
    assert {name: seen[name] for name in every} == every
    assert (seen["name"], seen["description"], seen["type"], seen["isDefault"]) == ("all", "of them", 1, False)
    rows = {row["key"]: row["value"] for row in seen["activityConfigurationSettings"]}
    assert rows == {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in every.items()
    }
    types = {row["key"]: row["type"] for row in seen["activityConfigurationSettings"]}
    assert [types[name] for name in ("record", "maxSessionLength", "sshProxyHost", "approvalWorkflowId")] == [
        3,
        2,
        0,
        4,
    ]
    assert [row["name"] for row in await estate.get(estate.admin, PROFILES)] == ["Default", "all"]
    assert estate.audited("connection_profile.created", view["id"]) == 1


@pytest.mark.sees_effect("ConnectionProfile.Put")
async def test_a_view_sent_back_changes_what_was_changed_in_it(estate: Estate) -> None:
    view = made(
        await estate.admin.post(PROFILES, {"name": "P", "expirationTimeoutThreshold": 5, "notesRequired": True})
    )
    path = f"{PROFILES}/{view['id']}"
    assert made(await estate.admin.put(path, view)) == view
    assert estate.audited("connection_profile.changed", view["id"]) == 0
    rows = [
        {**row, "value": "15" if row["key"] == "maxSessionLength" else row["value"]}
        for row in view["activityConfigurationSettings"]
    ]
    sent = {
        **view,
        "notesRequired": False,
        "expirationTimeoutThreshold": None,
        "activityConfigurationSettings": rows,
    }
    made(await estate.admin.put(path, sent))
    seen = await estate.get(estate.admin, path)
    assert (seen["notesRequired"], seen["expirationTimeoutThreshold"], seen["maxSessionLength"]) == (
        False,
        None,
        15,
    )
    twice = {"maxSessionLength": 1, "activityConfigurationSettings": [{"key": "MaxSessionLength", "value": "2"}]}
    problem(await estate.admin.put(path, twice), 400)
    problem(await estate.admin.put(path, {"activityConfigurationSettings": [{"key": "what", "value": "2"}]}), 400)
    problem(
        await estate.admin.put(path, {"activityConfigurationSettings": [{"key": "record", "value": "2"}]}), 400
    )
    problem(await estate.admin.put(path, {"activityConfigurationSettings": [{"key": "record"}]}), 400)
    problem(await estate.admin.put(path, {"maxSessionLength": 0}), 400)
    problem(await estate.admin.put(path, {"activityTokenComplexity": str(new_id())}), 400)
    assert await estate.get(estate.admin, path) == seen
    assert estate.audited("connection_profile.changed", view["id"]) == 1


async def test_names_are_one_of_a_kind(estate: Estate) -> None:
    made(await estate.admin.post(PROFILES, {"name": "Night shift"}))
    problem(await estate.admin.post(PROFILES, {"name": "night_SHIFT"}), 409)
    problem(await estate.admin.post(PROFILES, {"name": " "}), 400)
    other = made(await estate.admin.post(PROFILES, {"name": "other"}))
    problem(await estate.admin.put(f"{PROFILES}/{other['id']}", {"name": "Night Shift"}), 409)
    made(await estate.admin.put(f"{PROFILES}/{other['id']}", {"name": "Other"}))


@pytest.mark.sees_effect("ConnectionProfile.Delete")
async def test_one_that_a_policy_has_is_not_deleted_nor_is_the_default(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    profile = await strict(estate)
    asked = await estate.ask()
    assert "admins" in problem(await estate.admin.http.delete(f"{PROFILES}/{profile}"), 409)["detail"]
    back = {"id": estate.ids["admins"], "activityConfigurationId": default["id"]}
    problem(await estate.admin.http.delete(f"{PROFILES}/{default['id']}"), 409)
    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}", back))
    problem(await estate.admin.http.delete(f"{PROFILES}/{default['id']}"), 409)
    assert (await estate.admin.http.delete(f"{PROFILES}/{profile}")).status_code == 200
    assert [row["name"] for row in await estate.get(estate.admin, PROFILES)] == ["Default"]
    for gone in (estate.admin.get, estate.admin.http.delete):
        problem(await gone(f"{PROFILES}/{profile}"), 404)
    problem(await estate.admin.put(f"{PROFILES}/{profile}", {"name": "x"}), 404)
    again = {"id": estate.ids["admins"], "activityConfigurationId": profile}
    problem(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}", again), 400)
    assert (await estate.get(estate.ada, f"{SESSIONS}/{asked['id']}"))["activityConfigurationId"] == profile
    assert estate.audited("connection_profile.deleted", profile) == 1
    made(await estate.admin.post(PROFILES, {"name": "strict"}))  # the name is free again


async def test_notes_and_tickets_of_the_profile_are_asked_for(estate: Estate) -> None:
    await strict(estate, notesRequired=True, ticketRequired=True)
    assert "requires notes" in problem(await estate.ada.post(SESSIONS, session(estate)), 403)["detail"]
    said = problem(await estate.ada.post(SESSIONS, session(estate, note="why")), 403)["detail"]
    assert "requires a ticket" in said
    view = await estate.ask(note="why", ticket="T-1")
    assert (view["note"], view["ticket"]) == ("why", "T-1")


async def test_a_profile_may_deny(estate: Estate) -> None:
    profile = await strict(estate, approvalTypeRequired=0)
    assert "denies" in problem(await estate.ada.post(SESSIONS, session(estate)), 403)["detail"]
    made(await estate.admin.put(f"{PROFILES}/{profile}", {"approvalTypeRequired": 1, "maxSessionLength": 5}))
    view = await estate.ask()
    lasts = dt.datetime.fromisoformat(view["scheduledEndDateTimeUtc"]) - dt.datetime.fromisoformat(
        view["scheduledStartDateTimeUtc"]
    )
    assert lasts == dt.timedelta(minutes=5)


async def test_custom_fields_are_asked_for_and_kept_with_the_session(estate: Estate) -> None:
    fields = [
        {"name": "change", "label": "Change", "required": True},
        {"name": "site", "customFieldDataType": 2, "options": "Bonn,Rome"},
    ]
    profile = await strict(estate, customFields=fields)
    view = await estate.get(estate.admin, f"{PROFILES}/{profile}")
    assert [(f["customFieldNumber"], f["name"], f["customFieldDataType"]) for f in view["customFields"]] == [
        (1, "change", 1),
        (2, "site", 2),
    ]
    missing = problem(await estate.ada.post(SESSIONS, session(estate)), 400)
    assert "customFields.change" in str(missing)
    wrong = [{"name": "change", "value": "CHG1"}, {"name": "site", "value": "canary"}]
    refused = problem(await estate.ada.post(SESSIONS, session(estate, customFields=wrong)), 400)
    assert "customFields.site" in str(refused)
    assert "canary" not in str(refused)
    right = [{"name": "change", "value": "CHG1", "customFieldDataType": 1, "policyId": str(new_id())}]
    asked = await estate.ask(customFields=right)
    seen = await estate.get(estate.ada, f"{SESSIONS}/{asked['id']}")
    assert json.loads(seen["customFields"]) == [{"name": "change", "value": "CHG1"}]
    made(await estate.admin.put(f"{PROFILES}/{profile}", {"customFields": []}))
    assert (await estate.ask())["customFields"] is None
    seen = await estate.get(estate.ada, f"{SESSIONS}/{asked['id']}")
    assert "CHG1" in seen["customFields"]
    twice = [{"name": "a"}, {"name": "A"}]
    problem(await estate.admin.put(f"{PROFILES}/{profile}", {"customFields": twice}), 400)


@pytest.mark.sees_effect("ConnectionProfile.SetAddressRules")
@pytest.mark.sees_effect("ConnectionProfile.GetAddressRules")
async def test_address_rules_say_from_where(estate: Estate) -> None:
    profile = await strict(estate)
    path = f"/api/locum/v1/ConnectionProfile/{profile}/AddressRule"
    assert await estate.get(estate.admin, path) == []
    rules = [
        {"address": "10.0.0.0/8", "allowed": True, "type": 2},
        {"address": "10.0.0.1", "allowed": False, "type": 0},
    ]
    assert (await estate.admin.put(path, rules)).json() == rules
    assert await estate.get(estate.admin, path) == rules
    assert "from your address" in problem(await estate.ada.post(SESSIONS, session(estate)), 403)["detail"]
    await estate.ask(estate.admin, managedAccountId=estate.ids["ada"])  # who connects is looked at then
    problem(await estate.admin.put(path, [{"address": "10.0.0.0/99", "type": 2}]), 400)
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(path), 403)
        problem(await stranger.put(path, []), 403)
    assert (await estate.admin.put(path, [])).json() == []
    await estate.ask()
    assert estate.audited("connection_profile.changed", profile) == 2


@pytest.mark.sees_effect("ConnectionProfile.SetChannelRules")
@pytest.mark.sees_effect("ConnectionProfile.GetChannelRules")
async def test_channel_rules_say_what_the_gateway_carries(estate: Estate) -> None:
    profile = await strict(estate)
    path = f"/api/locum/v1/ConnectionProfile/{profile}/ChannelRules"
    none = {
        "shell": True, "command": True, "upload": False, "download": False, "paths": [], "maxFileBytes": None,
        "destinations": [], "listen": [], "agent": False, "x11": False, "idleMinutes": None,
    }  # fmt: skip
    assert await estate.get(estate.admin, path) == none
    wanted = {
        "shell": False,
        "upload": True,
        "paths": ["/srv/in/"],
        "maxFileBytes": 9,
        "destinations": ["db01:5432"],
        "listen": ["localhost:8000-8999"],
        "agent": True,
    }
    kept = {**none, **wanted, "paths": ["/srv/in"]}
    assert (await estate.admin.put(path, wanted)).json() == kept
    assert await estate.get(estate.admin, path) == kept
    rules = estate.database.submit_read(channel_rules_of, UUID(profile)).result()
    assert (rules.shell, rules.upload, rules.paths, rules.max_file_bytes) == (False, True, ("/srv/in",), 9)
    assert (await estate.admin.put(path, {"maxFileBytes": None})).json() == {**kept, "maxFileBytes": None}
    for wrong in (
        {"paths": ["in"]},
        {"destinations": ["db01"]},
        {"listen": ["8080"]},
        {"maxFileBytes": 0},
        {"idleMinutes": 0},
        {"shell": 1},
    ):
        problem(await estate.admin.put(path, wrong), 400)
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(path), 403)
        problem(await stranger.put(path, {"upload": True}), 403)
    problem(await estate.admin.get(path.replace(profile, str(new_id()))), 404)
    problem(await estate.admin.put(path.replace(profile, str(new_id())), {}), 404)
    assert estate.audited("connection_profile.changed", profile) == 2


@pytest.mark.sees_effect("ConnectionProfile.SetAccessWindows")
@pytest.mark.sees_effect("ConnectionProfile.GetAccessWindows")
async def test_access_windows_say_when(estate: Estate) -> None:
    profile = await strict(estate)
    path = f"/api/locum/v1/ConnectionProfile/{profile}/AccessWindow"
    windows = [{"weekdays": "Monday", "fromTime": "09:00", "toTime": "09:30", "timeZone": "UTC"}]
    assert (await estate.admin.put(path, windows)).json() == windows
    assert await estate.get(estate.admin, path) == windows
    today = dt.datetime.now(dt.UTC).replace(hour=9, minute=10, second=0, microsecond=0)
    monday = today + dt.timedelta(days=7 - today.weekday())
    early = (monday - dt.timedelta(minutes=11)).isoformat()
    refused = problem(await estate.ada.post(SESSIONS, session(estate, startDateTimeUtc=early)), 403)
    assert "only at these times: Monday 09:00–09:30 UTC" in refused["detail"]
    view = await estate.ask(startDateTimeUtc=monday.isoformat())
    assert view["scheduledEndDateTimeUtc"] == f"{monday.date()}T09:30:00.000Z"
    problem(await estate.admin.put(path, [{**windows[0], "weekdays": "Someday"}]), 400)
    assert estate.audited("connection_profile.changed", profile) == 1


async def test_the_zero_id_means_none(estate: Estate) -> None:
    body = {
        "activityId": NIL,
        "activityName": "Linux sudo",
        "managedResourceId": NIL,
        "managedResourceName": "web01",
        "managedAccountId": NIL,
        "accessPolicyId": NIL,
    }
    view = made(await estate.ada.post(SESSIONS, body), 201)
    assert (view["managedResourceId"], view["managedAccountId"]) == (estate.ids["web01"], estate.ids["ada"])


async def test_the_list_takes_two_statements_for_any_number(estate: Estate) -> None:
    for number in range(5):
        made(await estate.admin.post(PROFILES, {"name": f"P{number}", "customFields": [{"name": "a"}]}))
    with selects(estate.database) as few:
        await estate.get(estate.admin, PROFILES)
    for number in range(5, 20):
        made(await estate.admin.post(PROFILES, {"name": f"P{number}", "customFields": [{"name": "a"}]}))
    with selects(estate.database) as many:
        assert len(await estate.get(estate.admin, PROFILES)) == 21
    assert len(many) == len(few)


async def test_an_address_leads_to_the_profiles_gateway(estate: Estate) -> None:
    path = f"{SESSIONS}/Ssh/{(await estate.ask())['id']}"
    assert not (await estate.get(estate.ada, path)).endswith("@gate.example:22")
    await strict(estate, sshProxyHost="gate.example:22")
    elsewhere = f"{SESSIONS}/Ssh/{(await estate.ask())['id']}"
    assert (await estate.get(estate.ada, elsewhere)).endswith("@gate.example:22")


async def test_an_address_spares_the_sign_in_where_the_profile_says_so(estate: Estate) -> None:
    await strict(estate, proxyAutoConnect=True)
    session_id = (await estate.ask())["id"]
    path = f"{SESSIONS}/Ssh/{session_id}"
    first, second = await estate.get(estate.ada, path), await estate.get(estate.ada, path)
    link = rf"ssh://ada\+Linux_sudo\+web01\+~{session_id}\.[0-9A-Za-z_-]{{43}}@127\.0\.0\.1:4422"
    assert re.fullmatch(link, first)
    assert re.fullmatch(link, second)
    assert first != second
    assert estate.audited("session.link_made", session_id) == 2
    await strict(estate, name="stricter")
    later = (await estate.ask())["id"]
    assert f"+~{later}@" in await estate.get(estate.ada, f"{SESSIONS}/Ssh/{later}")
    assert estate.audited("session.link_made", later) == 0


async def test_an_approval_workflow_has_to_be_there(estate: Estate) -> None:
    body = {"name": "asks", "approvalTypeRequired": "Workflow", "approvalWorkflowId": str(UUID(int=7))}
    told = problem(await estate.admin.post(PROFILES, body), 400)
    assert "approvalWorkflowId names no approval workflow" in told["detail"]
    (default,) = await estate.get(estate.admin, PROFILES)
    problem(await estate.admin.put(f"{PROFILES}/{default['id']}", {"approvalWorkflowId": str(UUID(int=7))}), 400)


async def test_where_one_profile_refuses_the_next_policy_is_asked(estate: Estate) -> None:
    await strict(estate, customFields=[{"name": "change", "required": True}])
    assert problem(await estate.ada.post(SESSIONS, session(estate)), 400)["errors"]
    other = await estate.policy("plain", priority=9)
    assert (await estate.ask())["accessControlPolicyId"] == other["id"]
    asked = {"user": "ada", "activity": "Linux sudo", "resource": "web01"}
    explain = "/api/locum/v1/AccessControlPolicy/Explain"
    told = await estate.get(estate.admin, explain, **asked)
    assert [(one["policy"], one["missing"]) for one in told["considered"]] == [
        ("admins", "custom field"), ("plain", None),
    ]  # fmt: skip
    told = await estate.get(estate.admin, explain, **asked, answers='{"change": "12"}')
    assert (told["policy"], told["considered"][1]["missing"]) == ("admins", "custom field")
    problem(await estate.admin.get(explain, **asked, answers="[1]"), 400)
