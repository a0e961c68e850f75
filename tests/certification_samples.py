"""Bodies of the operations on certifications, what each may set, and a certification that has denied something."""

from __future__ import annotations

from typing import Any

from estate import Estate, made

TASKS = "/api/v1/AccessCertificationTask"
DENIALS = "/api/v1/AccessCertificationDenial"

SETTABLE_CERTIFICATIONS = {
    "TaskIn": "name description reviewerId userIds groupIds policyIds deadlineDateTimeUtc",
    "RowReviewIn": "id status notes",
    "LiftIn": "notes",
}


async def certified(estate: Estate, name: str) -> dict[str, str]:
    """One that the administrator reviews and that has denied Ada what a policy of its own gave; by the ids' names."""
    policy = (await estate.policy(f"{name} policy"))["id"]
    task, rows = await begun(estate, name, policy)
    said = await estate.admin.put(f"{TASKS}/{task}/Row", [{"id": rows[0], "status": 3, "notes": f"{name} reason"}])
    assert said.status_code == 200, said.text
    (denial,) = (await estate.get(estate.admin, DENIALS))["data"]
    return {"accessCertificationTaskId": task, "accessCertificationDenialId": denial["id"]}


async def begun(estate: Estate, name: str, policy: str) -> tuple[str, list[str]]:
    """One that the administrator reviews, and its rows."""
    body = {"name": name, "reviewerId": estate.ids["root"], "policyIds": [policy]}
    task = made(await estate.admin.post(TASKS, body), 201)["id"]
    made(await estate.admin.put(f"{TASKS}/{task}/Start"))
    return task, [row["id"] for row in (await estate.get(estate.admin, f"{TASKS}/{task}/Row"))["data"]]


async def certification_samples(estate: Estate) -> dict[str, tuple[Any, dict[str, str]]]:
    """By operation: its body, and the ids in its path. An administrator may call them all."""
    of = await certified(estate, "sample")
    policy = (await estate.policy("sampled"))["id"]
    task, rows = await begun(estate, "open", policy)
    reviewer = {"reviewerId": estate.ids["root"]}
    here = {"accessCertificationTaskId": task}
    return {
        "AccessCertificationTask.Post": ({"name": "new", **reviewer, "policyIds": [policy]}, {}),
        "AccessCertificationTask.Put": ({"name": "renamed"}, here),
        "AccessCertificationTask.Review": ([{"id": rows[0], "status": 2}], here),
        "AccessCertificationDenial.Lift": ({"notes": "came back"}, of),
    }
