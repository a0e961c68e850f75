"""What a person can ask for, over the API: their own and nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from account_calls import application
from estate import CREDENTIALS, POLICIES, RESOURCES, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.api.own_access import _spellings

pytestmark = pytest.mark.anyio

CARDS = f"{POLICIES}/ActivityCardWithPolicies"
TARGETS = f"{POLICIES}/ActivitySessionResources"
SEARCH = f"{POLICIES}/PolicySearch"


@pytest.mark.sees_effect("AccessControlPolicy.GetActivityCardsWithPolicies")
async def test_cards(estate: Estate) -> None:
    first = await estate.policy("first", priority=-1, ticketRequired=True)
    page = await estate.get(estate.ada, CARDS)
    assert [(row["name"], len(row["policies"]), row["totalResources"]) for row in page["data"]] == [
        ("Linux sudo", 2, 1),
        ("Linux shell", 1, 1),
    ]
    sudo = page["data"][0]
    assert (sudo["policyName"], sudo["resourceText"], sudo["managedAccountId"]) == (
        "first", "web01", estate.ids["ada"],
    )  # fmt: skip
    infos = [(i["policyId"], i["ticketRequired"], i["maxSessionLength"]) for i in sudo["policies"]]
    assert infos == [(first["id"], True, 60), (estate.ids["admins"], False, 60)]
    assert page["recordsTotal"] == 2
    by_policy = await estate.get(estate.ada, CARDS, groupByPolicy=True, orderBy="policyName")
    assert [(row["policyName"], row["name"]) for row in by_policy["data"]] == [
        ("admins", "Linux shell"),
        ("admins", "Linux sudo"),
        ("first", "Linux sudo"),
    ]
    count = await estate.get(estate.ada, CARDS, includeData=False, groupByPolicy=True)
    assert count == {"data": [], "recordsTotal": 3}
    data = await estate.get(estate.ada, CARDS, includeCount=False, take=1)
    assert (len(data["data"]), data["recordsTotal"]) == (1, 0)
    # What a card shows can be begun.
    asked = {
        "activityId": sudo["id"],
        "managedResourceId": estate.ids["web01"],
        "accessPolicyId": sudo["policyId"],
    }
    view = made(await estate.ada.post(SESSIONS, {**asked, "ticket": "T1"}), 201)
    assert view["accessControlPolicyId"] == first["id"]


async def test_a_card_says_what_its_policies_ask(estate: Estate) -> None:
    """The custom fields of each policy's profile; and the card of one activity alone."""
    field = {
        "customFieldNumber": 1,
        "name": "site",
        "customFieldDataType": 2,
        "options": "Bonn,Rome",
        "required": True,
    }
    profile = {"name": "asking", "customFields": [field]}
    made_profile = made(await estate.admin.post("/api/v1/ConnectionProfile", profile))["id"]
    asking = await estate.policy("asking", activityConfigurationId=made_profile)
    (card,) = (await estate.get(estate.ada, CARDS, activityId=estate.ids["Linux sudo"]))["data"]
    asked = {info["policyId"]: info["customFields"] for info in card["policies"]}
    assert asked[estate.ids["admins"]] == []
    (shown,) = asked[asking["id"]]
    assert {name: shown[name] for name in field} == field
    assert (await estate.get(estate.ada, CARDS, activityId=str(uuid4())))["data"] == []


@pytest.mark.sees_effect("AccessControlPolicy.GetPoliciesForAccountAsync")
async def test_cards_of_an_account(estate: Estate) -> None:
    await estate.policy("first", priority=-1, notesRequired=True)
    path = f"{POLICIES}/ManagedAccount/{estate.ids['ada']}"
    for who in (estate.ada, estate.admin):
        page = await estate.get(who, path)
        assert [(row["name"], row["policyName"], row["notesRequired"]) for row in page["data"]] == [
            ("Linux sudo", "first", True),
            ("Linux shell", "admins", False),
        ]
        assert {row["maxSessionLength"] for row in page["data"]} == {60}
    page = await estate.get(estate.ada, path, groupByPolicy=True, filterText="sudo")
    assert [row["policyName"] for row in page["data"]] == ["first", "admins"]
    status = {"isDisabled": True}
    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}/Status", None, **status))
    assert [row["policyName"] for row in (await estate.get(estate.ada, path))["data"]] == ["first"]


@pytest.mark.sees_effect("AccessControlPolicy.ActivitySessionCandidateResources")
async def test_resources(estate: Estate) -> None:
    host = {"host": {"name": "db02", "dnsHostName": "db.example"}, "serviceAccountId": estate.ids["locum"]}
    db02 = made(await estate.admin.post(RESOURCES, host))["id"]
    first = await estate.policy("first", priority=-1, managedResourceIds=[db02])
    page = await estate.get(estate.ada, TARGETS)
    assert [row["name"] for row in page["data"]] == [
        row["name"] for row in sorted(page["data"], key=lambda r: r["name"])
    ]
    assert page["recordsTotal"] == 2
    found = {row["id"]: row for row in page["data"]}
    (way,) = found[db02]["activityPolicies"]
    assert (way["activityName"], way["policyId"], way["policyName"]) == ("Linux sudo", first["id"], "first")
    assert found[db02]["resource"] == {"id": db02, "platformName": "Linux", "dnsHostName": "db.example"}
    assert len(found[estate.ids["web01"]]["activityPolicies"]) == 2
    asked = {"activityId": estate.ids["Linux sudo"], "policyId": estate.ids["admins"]}
    (row,) = (await estate.get(estate.ada, TARGETS, **asked))["data"]
    assert (row["name"], row["platform"]) == ("web01", "Linux")
    assert (await estate.get(estate.eve, TARGETS, **asked)) == {"data": [], "recordsTotal": 0}
    theirs = await estate.get(estate.admin, TARGETS, managedAccountId=estate.ids["ada"], **asked)
    assert theirs["data"] == [row]


@pytest.mark.sees_effect("AccessControlPolicy.SearchForPolicy")
async def test_policy_search(estate: Estate) -> None:
    first = await estate.policy("first", priority=-1)
    db02 = made(await estate.admin.post(RESOURCES, {"name": "db 0.2", "ipAddress": "192.0.2.7"}))["id"]
    other = await estate.policy("other", managedResourceIds=[db02], managedAccountIds=[estate.ids["eve"]])

    async def found(who: Caller, **query: Any) -> list[str]:
        return [view["name"] for view in await estate.get(who, SEARCH, **query)]

    named = {"activityName": "Linux_sudo", "resourceName": "WEB01", "replacementChar": "_"}
    assert await found(estate.ada, **named) == ["first"]
    assert await found(estate.ada, **named, getAll=True) == ["first", "admins"]
    assert await found(estate.admin, **named, managedAccountId=estate.ids["ada"]) == ["first"]
    dots = {"activityName": "Linux.sudo", "resourceName": "db.0.2", "replacementChar": "."}
    assert await found(estate.eve, **dots) == ["other"]
    assert other["id"] != first["id"]
    problem(await estate.ada.get(SEARCH, **dots), 400)  # what only somebody else has is as what is nowhere
    problem(await estate.ada.get(SEARCH, activityName="Linux sudo", resourceName="nowhere"), 400)
    problem(await estate.ada.get(SEARCH, activityName="Linux nothing", resourceName="web01"), 404)
    problem(await estate.ada.get(SEARCH, **{**named, "replacementChar": "in"}), 400)
    # Without a name it is any.
    assert await found(estate.ada, resourceName="web01", getAll=True) == ["first", "admins"]
    assert await found(estate.ada) == ["first"]


async def test_role_06_nobody_sees_somebody_else_s(estate: Estate) -> None:
    ada, unknown = estate.ids["ada"], str(uuid4())
    robot = estate.callers.application("robot")
    ann = await estate.holder("ann", ["policies:users:modify"])
    for stranger in (estate.eve, robot, ann):
        for path, query in (
            (CARDS, {"managedAccountId": "{}"}),
            (TARGETS, {"managedAccountId": "{}"}),
            (SEARCH, {"managedAccountId": "{}"}),
            (f"{POLICIES}/ManagedAccount/{{}}", {}),
        ):
            details = set()
            for some_id in (ada, unknown):
                filled = {name: value.format(some_id) for name, value in query.items()}
                details.add(problem(await stranger.get(path.format(some_id), **filled), 403)["detail"])
            assert details == {"only an administrator may see the access of somebody else"}
    problem(await estate.admin.get(CARDS, managedAccountId=unknown), 404)
    for path in (CARDS, TARGETS, f"{POLICIES}/ManagedAccount/{estate.ids['eve']}"):
        problem(await estate.eve.get(path, skip=-1), 400)


async def test_a_key_for_listed_policies_shows_no_other(estate: Estate) -> None:
    robot = await application(estate.admin, "robot")
    mine, other = [(await estate.policy(name, managedAccountIds=[robot]))["id"] for name in ("mine", "other")]
    keys = f"/api/locum/v1/Application/{robot}/ApiKey"
    bounded = estate.callers.bearing(made(await estate.admin.post(keys, {"policies": [mine]}), 201)["key"])
    (card,) = (await estate.get(bounded, CARDS))["data"]
    assert [info["policyName"] for info in card["policies"]] == ["mine"]
    assert (await estate.get(bounded, TARGETS, policyId=other))["recordsTotal"] == 0
    found = await estate.get(bounded, SEARCH, resourceName="web01", getAll=True)
    assert [view["name"] for view in found] == ["mine"]
    assert [view["name"] for view in await estate.get(bounded, POLICIES)] == ["mine"]
    page = await estate.get(bounded, f"{POLICIES}/ManagedResource/{estate.ids['web01']}")
    assert [view["name"] for view in page["data"]] == ["mine"]


def test_every_spelling_that_can_be_meant() -> None:
    assert _spellings(None, "_") is None
    assert _spellings("Linux sudo", None) == ["linux sudo"]
    assert _spellings("a.b.c", ".") == ["a b c", "a b.c", "a.b c", "a.b.c"]
    assert sorted(_spellings("." * 12, ".") or []) == sorted({"", "............"})


async def _credential(estate: Estate, username: str, name: str) -> str:
    body = {"username": username, "name": name, "password": "canary-7b1d-password"}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def _releasing(estate: Estate, name: str, *credential_ids: str) -> str:
    body = {
        "name": name,
        "policyType": "Credential",
        "managedAccountIds": [estate.ids["ada"]],
        "credentialIds": list(credential_ids),
    }
    return str(made(await estate.admin.post(POLICIES, body))["id"])


async def test_cards_show_what_can_be_released(estate: Estate) -> None:
    first, second = (
        await _credential(estate, "oracle", "The oracle"),
        await _credential(estate, "second", "A second"),
    )
    one = await _releasing(estate, "secrets", first)
    await _releasing(estate, "more", first, second)
    cards = (await estate.get(estate.ada, f"{POLICIES}/ActivityCardWithPolicies"))["data"]
    (card,) = [card for card in cards if card["activityType"] == 3]
    assert (card["name"], card["totalResources"], card["resourceText"]) == (
        "Credential Release",
        2,
        "2 credentials",
    )
    assert {way["policyName"] for way in card["policies"]} == {"secrets", "more"}
    by_policy = (await estate.get(estate.ada, f"{POLICIES}/ActivityCardWithPolicies", groupByPolicy=True))["data"]
    counts = {c["policyName"]: c["totalResources"] for c in by_policy if c["name"] == "Credential Release"}
    assert counts == {"secrets": 1, "more": 2}
    rows = await estate.get(estate.ada, f"{POLICIES}/ActivitySessionResources", activityId=card["id"])
    assert [(row["name"], row["policyType"], len(row["activityPolicies"])) for row in rows["data"]] == [
        ("A second", 1, 1),
        ("The oracle", 1, 2),
    ]
    only = {"activityId": card["id"], "policyId": one}
    assert (await estate.get(estate.ada, f"{POLICIES}/ActivitySessionResources", **only))["recordsTotal"] == 1
    assert (await estate.get(estate.eve, f"{POLICIES}/ActivityCardWithPolicies"))["data"] == []
    assert (await estate.admin.http.delete(f"{CREDENTIALS}/{second}")).status_code in (200, 204)
    (left,) = (await estate.get(estate.ada, f"{POLICIES}/ActivitySessionResources", activityId=card["id"]))["data"]
    assert left["id"] == first
