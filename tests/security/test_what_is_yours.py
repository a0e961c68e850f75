"""What is somebody else's: ids that are not yours, fields that are not yours to set, secrets nobody gets back."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from estate import CREDENTIALS, NIL, POLICIES, RESOURCES, ROLES, SERVICE_PASSWORD, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.api.app import all_routes
from locum.api.operations import Route
from locum.identities.roles import GRANTABLE, Target
from locum.sessions.lifecycle import Status
from passkey_steps import MINE as PASSKEYS
from passkey_steps import enrol
from software_authenticator import SoftwareAuthenticator

pytestmark = pytest.mark.anyio

WITH_ID = {r.operation.name: r for r in all_routes() if re.search(r"\{\w+Id\}", r.operation.paths[0])}
CHOSEN = str(uuid4())
LOGIN = {"username": "other", "password": SERVICE_PASSWORD}
OF_APPLICATIONS = {"AccessControlPolicy.Get", "AccessControlPolicy.Put"}  # the contract gives App every policy
BODIES = {"Passkey.Rename": {"name": "mine"}}  # where the id is looked at after the body


def target(route: Route, some_id: str) -> str:
    return re.sub(r"\{\w+\}", some_id, route.operation.paths[0])


async def owned(estate: Estate) -> dict[str, str]:
    """Everything with an id that belongs to Ada or to the installation."""
    session_id = (await estate.ask(note="canary-note"))["id"]
    estate.become(session_id, Status.ACTIVE)
    connection_id = estate.connect(session_id)
    passkey_id = (await enrol(estate.ada, SoftwareAuthenticator()))["passkey"]["id"]
    return {**estate.ids, "session": session_id, "connection": connection_id, "passkey": passkey_id}


async def holder_of_other_things(estate: Estate) -> Caller:
    """Every right a custom role can give, over a policy, a person and a credential that are none of Ada's."""
    lists = {
        Target.POLICIES: {"policyIds": [(await estate.policy("elsewhere"))["id"]]},
        Target.CREDENTIALS: {"credentialIds": [made(await estate.admin.post(CREDENTIALS, LOGIN))["id"]]},
        Target.RECORDINGS: {"managedAccountIds": [estate.ids["eve"]]},
    }
    mallory = await estate.holder("mallory", GRANTABLE[Target.POLICIES].permissions, **lists[Target.POLICIES])
    for target in (Target.CREDENTIALS, Target.RECORDINGS):
        made_id = await estate.role(target, GRANTABLE[target].permissions, **lists[target])
        await estate.give(made_id, estate.ids["mallory"])
    return mallory


@pytest.mark.parametrize("name", WITH_ID)
async def test_sec_12_no_id_of_anothers_opens_anything(estate: Estate, name: str) -> None:
    """A stranger's answer for a thing that exists is the answer for one that does not."""
    route = WITH_ID[name]
    ids = await owned(estate)
    before = await estate.get(estate.ada, f"{SESSIONS}/{ids['session']}")
    strangers = [estate.eve] if name in OF_APPLICATIONS else [estate.eve, estate.callers.application("robot")]
    for who in [*strangers, await holder_of_other_things(estate)]:
        body = BODIES.get(name)
        unknown = await who.http.request(route.operation.method, target(route, str(uuid4())), json=body)
        assert unknown.status_code in {403, 404}
        for what, some_id in ids.items():
            answer = await who.http.request(route.operation.method, target(route, some_id), json=body)
            mine_by_role = name.startswith("ManagedAccount.") and answer.status_code == 400
            assert mine_by_role or answer.status_code == unknown.status_code, what
            if not mine_by_role:
                assert answer.json()["detail"] == unknown.json()["detail"]
            assert "canary" not in answer.text
    assert await estate.get(estate.ada, f"{SESSIONS}/{ids['session']}") == before
    assert [row["name"] for row in await estate.get(estate.ada, PASSKEYS)] == ["my phone"]


async def test_sec_12_no_list_shows_anothers_sessions(estate: Estate) -> None:
    ids = await owned(estate)
    ended = (await estate.ask())["id"]
    estate.become(ended, Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)
    for status in ("Active", "Historical", "Complete"):
        path = f"{SESSIONS}/SummaryByStatus/{status}"
        assert (await estate.get(estate.ada, path))["recordsTotal"] == 1
        for params in ({}, {"userId": ids["ada"]}, {"userName": "ada"}, {"filterText": "ada"}, {"USERID": NIL}):
            found = await estate.get(estate.eve, path, **params)
            assert found == {"data": [], "recordsTotal": 0}


async def test_sec_12_a_body_cannot_take_what_is_anothers(estate: Estate) -> None:
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    for changes in (
        {"managedAccountId": estate.ids["ada"]},
        {"MANAGEDACCOUNTID": estate.ids["ada"]},
        {"accessPolicyId": estate.ids["admins"]},
        {"managedAccount": {"id": estate.ids["ada"]}},
        {"createdBy": estate.ids["ada"]},
    ):
        problem(await estate.eve.post(SESSIONS, {**body, **changes}), 403)


MINE = {
    "id": CHOSEN,
    "createdBy": CHOSEN,
    "createdByUserName": "root",
    "createdDateTimeUtc": "2020-01-01T00:00:00Z",
    "modifiedBy": CHOSEN,
    "nodeId": CHOSEN,
    "status": 1,
    "isDeleted": True,
    "isManaged": True,
    "isDefault": True,
    "locked": True,
    "userId": CHOSEN,
}


async def test_sec_16_what_the_server_owns_cannot_be_sent(estate: Estate) -> None:
    plain = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    sent = {
        **MINE,
        "loginAccountName": "root",
        "scheduledEndDateTimeUtc": "2999-01-01T00:00:00Z",
        "actualStartDateTimeUtc": "2020-01-01T00:00:00Z",
        "createdFromAddress": "203.0.113.1",
        "activityConfigurationId": CHOSEN,
        "cancelledBy": CHOSEN,
        "proxySessions": [{"id": CHOSEN, "active": True}],
    }
    view = made(await estate.ada.post(SESSIONS, {**plain, **sent}), 201)
    assert not [name for name, value in sent.items() if view.get(name, "nothing") == value]
    assert view["loginAccountName"].startswith("ada-")
    assert (view["createdByUserName"], view["status"], view["locked"]) == ("ada", 0, False)
    await unchanged(
        estate,
        RESOURCES,
        {"name": "db01", "portSsh": 22},
        {
            "trustedThumbprint": "SHA256:x",
            "discoveredThumbprint": "SHA256:x",
            "sshTrustActionType": 0,
            "certificateType": 1,
        },
    )
    await unchanged(
        estate,
        CREDENTIALS,
        {"username": "deploy", "password": SERVICE_PASSWORD},
        {"publicKey": "ssh-ed25519 AAAA", "salt": "x", "keyLength": 7},
    )
    await unchanged(estate, POLICIES, {"name": "new"}, {"isDisabled": True, "managedAccountGroupIds": [CHOSEN]})


async def test_sec_16_a_change_sets_its_own_fields_only(estate: Estate) -> None:
    policy_id = estate.ids["admins"]
    view = await estate.get(estate.admin, f"{POLICIES}/{policy_id}")
    sent = {**MINE, **view, "isDisabled": True, "credentialIds": [CHOSEN], "managedAccountGroupIds": [CHOSEN]}
    assert made(await estate.admin.put(f"{POLICIES}/{policy_id}", sent)) == view
    assert await estate.get(estate.admin, f"{POLICIES}/{policy_id}") == view
    role_id = await estate.role("names", ["policies:name:modify"], policyIds=[policy_id])
    view = await estate.get(estate.admin, f"{ROLES}/{role_id}")
    sent = {**MINE, **view, "id": CHOSEN, "isBuiltIn": True, "memberCount": 7, "createdDateTimeUtc": None}
    again = made(await estate.admin.put(f"{ROLES}/{role_id}", sent))
    assert {**again, "modifiedDateTimeUtc": None} == {**view, "modifiedDateTimeUtc": None}


async def unchanged(estate: Estate, path: str, body: dict[str, Any], more: dict[str, Any]) -> None:
    """With fields that are not the caller's to set, the same comes out as without."""
    taken = {"name": "other", "username": "other"}
    plain = made(await estate.admin.post(path, {**body, **{k: v for k, v in taken.items() if k in body}}))
    sent = {k: v for k, v in {**MINE, **more}.items() if k not in body}
    rich = made(await estate.admin.post(path, {**body, **sent}))
    varying = {"id", "name", "displayName", "username", "createdDateTimeUtc", "modifiedDateTimeUtc"}
    assert {k: v for k, v in rich.items() if k not in varying} == {
        k: v for k, v in plain.items() if k not in varying
    }
    assert rich["id"] != CHOSEN
    assert not str(rich.get("createdDateTimeUtc")).startswith("2020")


async def test_sec_24_no_answer_holds_a_secret(estate: Estate) -> None:
    """Every GET there is, by an administrator, over everything there is."""
    ids = await owned(estate)
    seen = 0
    for route in all_routes():
        if route.operation.method != "GET" or "{status}" in route.operation.paths[0]:
            continue
        for some_id in ids.values():
            answer = await estate.admin.get(target(route, some_id))
            seen += answer.status_code == 200
            assert SERVICE_PASSWORD not in answer.text
            assert "PRIVATE KEY" not in answer.text
    assert seen > 10
