"""The kinds of actions over the API."""

from __future__ import annotations

import pytest

from action_samples import TEMPLATES, action, actions_at, new_activity
from estate import Estate, problem
from locum.actions.catalog import TEMPLATES as KINDS

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("ActionTemplate.GetAll")
async def test_each_kind_can_be_used_by_what_the_list_says_of_it(estate: Estate) -> None:
    listed = await estate.get(estate.admin, TEMPLATES)
    assert [row["definition"] for row in listed] == [f"{kind.connector}/{kind.kind}" for kind in KINDS]
    script = next(row for row in listed if row["definition"] == "linux/custom_script")
    assert script["classification"] == 4
    assert [(p["name"], p["required"], p["multiline"]) for p in script["actionTemplateParameter"]] == [
        ("script", True, True),
        ("run_as", False, False),
        ("repeatable", False, False),
    ]
    held = await new_activity(estate)
    body = await action(estate, "linux/file_monitor", {"path": "/etc/passwd", "on_mismatch": "fail"})
    assert (await estate.admin.put(actions_at(held["startActionGroupId"]), [body])).status_code == 200


async def test_a_person_has_no_use_for_them(estate: Estate) -> None:
    problem(await estate.ada.get(TEMPLATES), 403)
