"""Activities as files over the API: what was brought is done on hosts only by way of a policy."""

from __future__ import annotations

import pytest

from action_samples import ACTIVITIES, action, actions_at, new_activity
from estate import Estate, made, problem

pytestmark = pytest.mark.anyio

FILE = "/api/locum/v1/Activity/File"


@pytest.mark.sees_effect("ActivityFile.Get", "ActivityFile.Import")
async def test_an_activity_is_brought_elsewhere(estate: Estate) -> None:
    held = await new_activity(estate, "Nightly", loginAccount=1, createAccount=False)
    steps = [
        await action(estate, "linux/group", {"group": "users"}, continueOnFail=True),
        await action(estate, "linux/custom_script", {"script": "true"}, timeout=30),
    ]
    made_steps = made(await estate.admin.put(actions_at(held["startActionGroupId"]), steps))
    file = await estate.get(estate.admin, f"/api/locum/v1/Activity/{held['id']}/File")
    assert (file["format"], file["version"], file["platform"], file["login"]) == (
        "locum-activity",
        1,
        "linux",
        "managed",
    )
    assert [(one["kind"], one["parameters"]) for one in file["before"]] == [
        ("group", [{"name": "group", "value": "users"}]),
        ("custom_script", [{"name": "script", "value": "true"}]),
    ]
    problem(await estate.admin.post(f"{FILE}?allowScripts=true", file), 409)
    refused = problem(await estate.admin.post(f"{FILE}?name=Brought", file), 400)
    assert "1 script to be run on hosts" in refused["detail"]
    brought = made(await estate.admin.post(f"{FILE}?name=Brought&allowScripts=true", file), 201)
    assert (brought["name"], brought["loginAccount"], brought["createAccount"]) == ("Brought", 1, False)
    assert brought in await estate.get(estate.admin, ACTIVITIES)
    listed = await estate.get(estate.admin, actions_at(brought["startActionGroupId"]))
    ours = [(one["actionTemplateId"], one["timeout"], one["continueOnFail"]) for one in made_steps]
    assert [(one["actionTemplateId"], one["timeout"], one["continueOnFail"]) for one in listed] == ours
    again = await estate.get(estate.admin, f"/api/locum/v1/Activity/{brought['id']}/File")
    assert again == {**file, "name": "Brought"}
    assert estate.audited("activity.imported", brought["id"]) == 1
    body = {"activityId": brought["id"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.ada.post("/api/v1/ActivitySession", body), 403)


async def test_what_is_no_such_file_is_refused_by_whom_it_may(estate: Estate) -> None:
    file = {"format": "locum-activity", "version": 1, "name": "Brought", "platform": "linux"}
    for wrong, field in (
        ({"version": 2}, "format"),
        ({"format": "zip"}, "format"),
        ({"type": "credential_release"}, "type"),
        ({"login": "root"}, "login"),
        ({"requesterFormat": "x"}, "requesterFormat"),
        ({"before": [{"kind": "nope"}]}, "kind"),
    ):
        assert field in problem(await estate.admin.post(FILE, {**file, **wrong}), 400)["errors"]
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.post(FILE, file), 403)
    problem(await estate.ada.get(f"/api/locum/v1/Activity/{estate.ids['Linux sudo']}/File"), 403)
