"""The list of activities."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from action_samples import ACTIVITIES, new_activity, platform_id
from estate import NIL, POLICIES, SESSIONS, Estate, made, problem
from locum.activities.model import activity

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("Activity.GetAll")
async def test_it_shows_what_may_be_asked_for(estate: Estate) -> None:
    listed = await estate.get(estate.ada, "/api/v1/Activity")
    assert [row["name"] for row in listed] == [
        "Credential Release",
        "Linux shell",
        "Linux sudo",
        "MySQL login",
        "PostgreSQL login",
    ]
    release, *others = listed
    assert (release["activityType"], release["createAccount"]) == (3, False)
    assert {(row["activityType"], row["loginAccount"], row["createAccount"]) for row in others} == {(0, 2, True)}
    for row in others[:2]:
        assert (await estate.ask(activityId=row["id"]))["activityId"] == row["id"]
    change = sa.update(activity).where(activity.c.name == "Linux sudo").values(name="A new name")
    estate.database.submit_write(lambda tx: tx.run(change)).result()
    listed = await estate.get(estate.ada, "/api/v1/ACTIVITY")
    assert [row["name"] for row in listed] == [
        "A new name",
        "Credential Release",
        "Linux shell",
        "MySQL login",
        "PostgreSQL login",
    ]


@pytest.mark.sees_effect("Activity.Post", "Activity.GetById", "Activity.Put")
async def test_an_activity_is_made_and_changed(estate: Estate) -> None:
    held = await new_activity(
        estate,
        "Nightly",
        description="at night",
        loginAccount=2,
        loginAccountNameFormat="n-%first(%sessionid%,6)/first%",
    )
    await estate.policy("nightly", activityIds=[held["id"]])
    session = await estate.ask(activityId=held["id"])
    assert session["loginAccountName"].startswith("n-")
    assert estate.audited("activity.created", held["id"]) == 1
    at = f"{ACTIVITIES}/{held['id']}"
    assert await estate.get(estate.admin, at) == held
    changed = made(await estate.admin.put(at, {**held, "name": "Nights", "loginAccountNameFormat": ""}))
    assert (changed["name"], changed["loginAccountNameFormat"], changed["description"]) == (
        "Nights",
        None,
        "at night",
    )
    assert (await estate.ask(activityId=held["id"]))["loginAccountName"].startswith("ada-")
    assert estate.audited("activity.changed", held["id"]) == 1
    assert made(await estate.admin.put(at, {})) == await estate.get(estate.admin, at)
    assert estate.audited("activity.changed", held["id"]) == 1


@pytest.mark.sees_effect("Activity.Delete")
async def test_a_deleted_activity_can_not_be_asked_for(estate: Estate) -> None:
    held = await new_activity(estate)
    policy = await estate.policy("nightly", activityIds=[held["id"]])
    session = await estate.ask(activityId=held["id"])
    at = f"{ACTIVITIES}/{held['id']}"
    assert "policy “nightly”" in problem(await estate.admin.http.delete(at), 409)["detail"]
    body = {**policy, "activityIds": [estate.ids["Linux sudo"]]}
    made(await estate.admin.put(f"{POLICIES}/{policy['id']}", body))
    assert (await estate.admin.http.delete(at)).status_code == 200
    assert held["id"] not in [row["id"] for row in await estate.get(estate.admin, ACTIVITIES)]
    problem(await estate.admin.get(at), 404)
    wanted = {"activityId": held["id"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.ada.post(SESSIONS, wanted), 404)
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session['id']}"))["activityId"] == held["id"]
    assert (await new_activity(estate))["name"] == "Nightly"  # its name is free
    assert estate.audited("activity.deleted", held["id"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "Linux sudo"}, 409, "of this name already"),
        ({"name": ""}, 400, "name"),
        ({"platformId": NIL}, 400, "platformId names no platform"),
        ({"activityType": 1}, 409, "only interactive"),
        ({"loginAccount": 3}, 409, "not available yet"),
        ({"loginAccountNameFormat": "%eval%"}, 400, "no mask"),
        ({"loginAccount": 0, "requesterLoginFormat": 4}, 400, "needs loginAccountNameFormat"),
    ],
)
async def test_what_can_be_no_activity(estate: Estate, body: dict[str, object], status: int, words: str) -> None:
    whole = {"name": "New", "platformId": await platform_id(estate), **body}
    assert words in str(problem(await estate.admin.post(ACTIVITIES, whole), status))


async def test_every_account_is_on_databases_too_and_none_in_a_secret_vault(estate: Estate) -> None:
    for name, kind in (("PostgreSQL", 1), ("MySQL", 0)):
        whole = {"name": f"On {name}", "platformId": await platform_id(estate, name), "loginAccount": kind}
        made = (await estate.admin.post(ACTIVITIES, whole)).json()
        assert made["loginAccount"] == kind
    whole = {"name": "New", "platformId": await platform_id(estate, "Secret Vault")}
    problem(await estate.admin.post(ACTIVITIES, whole), 409)


async def test_what_came_with_locum_stays(estate: Estate) -> None:
    at = f"{ACTIVITIES}/{estate.ids['Linux sudo']}"
    assert "came with Locum" in problem(await estate.admin.http.delete(at), 409)["detail"]
    other = await platform_id(estate, "MySQL")
    assert "stays on its platform" in str(problem(await estate.admin.put(at, {"platformId": other}), 400))


async def test_a_person_changes_none(estate: Estate) -> None:
    at = f"{ACTIVITIES}/{estate.ids['Linux sudo']}"
    for answer in (
        await estate.ada.get(at),
        await estate.ada.put(at, {"name": "x"}),
        await estate.ada.http.delete(at),
        await estate.ada.post(ACTIVITIES, {"name": "x"}),
    ):
        problem(answer, 403)
