"""An activity's actions over the API: kept in their order, and copied by a session when it is asked for."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from action_samples import action, actions_at, new_activity
from estate import Estate, made, problem
from locum.sessions import transition
from locum.sessions.planned import planned_of

pytestmark = pytest.mark.anyio


async def planned(estate: Estate, session_id: str) -> list[tuple[str, dict[str, str], int]]:
    session = await estate.database.read(transition.get, UUID(session_id))
    found = await estate.database.read(planned_of, session)
    return [(step.kind, step.parameters, step.phase) for step in found.actions]


@pytest.mark.sees_effect("ActionGroup.PutActions", "ActionGroup.GetActions")
async def test_a_session_keeps_the_actions_as_they_were_when_it_was_asked_for(estate: Estate) -> None:
    held = await new_activity(estate)
    policy = {"activityIds": [held["id"]]}
    await estate.policy("nightly", **policy)
    start, end = actions_at(held["startActionGroupId"]), actions_at(held["endActionGroupId"])
    script = {"script": "touch /tmp/done", "run_as": "root"}
    first = await action(estate, "linux/group", {"group": "users"}, executionOrder=2)
    second = await action(estate, "linux/sudoers", {}, executionOrder=1, continueOnFail=True, timeout=7)
    assert (await estate.admin.put(start, [first, second])).status_code == 200
    assert (await estate.admin.put(end, [await action(estate, "linux/custom_script", script)])).status_code == 200
    session = (await estate.ask(activityId=held["id"]))["id"]
    sudo = {"run_as": "ALL", "commands": "ALL", "nopasswd": "false"}
    wanted = [("sudoers", sudo, 0), ("group", {"group": "users"}, 0), ("custom_script", script, 2)]
    assert await planned(estate, session) == wanted

    listed = await estate.get(estate.admin, start)
    assert [
        (row["displayName"], row["executionOrder"], row["continueOnFail"], row["timeout"]) for row in listed
    ] == [
        ("Add a sudo rule", 1, True, 7),
        ("Add to a local group", 2, False, 60),
    ]
    shown = {p["actionTemplateParameter"]["name"]: p["value"] for p in listed[0]["actionParameter"]}
    assert shown == sudo
    assert (await estate.admin.put(start, listed[1:])).status_code == 200  # a view sent back
    assert await planned(estate, session) == wanted
    later = (await estate.ask(activityId=held["id"]))["id"]
    assert await planned(estate, later) == wanted[1:]
    assert estate.audited("activity.actions_changed", held["id"]) == 3


@pytest.mark.parametrize(
    ("what", "parameters", "more", "field"),
    [
        ("linux/group", {}, {}, "actionParameter"),
        ("linux/sudoers", {"commands": "reboot"}, {}, "actionParameter"),
        ("linux/group", {"group": "users"}, {"timeout": 0}, "timeout"),
        ("linux/group", {"group": "users"}, {"timeout": 601}, "timeout"),
        ("postgresql/role", {"role": "pg_monitor"}, {}, "actionTemplateId"),
    ],
)
async def test_what_is_not_said_well_changes_nothing(
    estate: Estate, what: str, parameters: dict[str, str], more: dict[str, object], field: str
) -> None:
    held = await new_activity(estate)
    start = actions_at(held["startActionGroupId"])
    good = await action(estate, "linux/group", {"group": "users"})
    assert (await estate.admin.put(start, [good])).status_code == 200
    answer = await estate.admin.put(start, [good, await action(estate, what, parameters, **more)])
    assert field in problem(answer, 400)["errors"]
    assert len(await estate.get(estate.admin, start)) == 1


async def test_unknown_ids(estate: Estate) -> None:
    held = await new_activity(estate)
    start = actions_at(held["startActionGroupId"])
    good = await action(estate, "linux/group", {"group": "users"})
    for bad in (
        {**good, "actionTemplateId": str(uuid4())},
        {**good, "actionParameter": [{"actionTemplateParameterId": str(uuid4()), "value": "x"}]},
    ):
        problem(await estate.admin.put(start, [bad]), 400)
    problem(await estate.admin.put(actions_at(str(uuid4())), [good]), 404)
    problem(await estate.admin.get(actions_at(held["id"])), 404)
    problem(await estate.admin.put(start, [good] * 51), 400)


async def test_a_person_sees_and_changes_none(estate: Estate) -> None:
    held = await new_activity(estate)
    start = actions_at(held["startActionGroupId"])
    problem(await estate.ada.get(start), 403)
    problem(await estate.ada.put(start, []), 403)
    assert made(await estate.admin.get(start)) == []
