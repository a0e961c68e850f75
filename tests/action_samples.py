"""Plain bodies of the operations that make and change activities, and what each of them may set."""

from __future__ import annotations

from typing import Any

from estate import Estate, made

ACTIVITIES = "/api/v1/Activity"
TEMPLATES = "/api/v1/ActionTemplate"

SETTABLE_ACTIONS = {
    "ActivityIn": "name description platformId activityType loginAccount loginAccountNameFormat requesterLoginFormat"
    " createAccount deleteAccount",
    "ActionIn": "actionTemplateId actionParameter continueOnFail executionOrder timeout displayName",
    "ActivityFileIn": "format version name description platform type login loginTemplate requesterFormat createAccount"
    " deleteAccount before during after",
    "FileParameterIn": "name value",
    "FileActionIn": "kind name parameters continueOnFail timeout",
    "ActionParameterIn": "actionTemplateParameterId value",
}


def actions_at(group_id: str) -> str:
    return f"/api/v1/ActionGroup/{group_id}/Action"


async def platform_id(estate: Estate, name: str = "Linux") -> str:
    return next(str(p["id"]) for p in await estate.get(estate.admin, "/api/v1/Platform") if p["name"] == name)


async def new_activity(estate: Estate, name: str = "Nightly", **more: Any) -> dict[str, Any]:
    body = {"name": name, "platformId": await platform_id(estate), **more}
    return made(await estate.admin.post(ACTIVITIES, body))


async def action(estate: Estate, what: str, parameters: dict[str, str], **more: Any) -> dict[str, Any]:
    """The body of one action, such as "linux/group"."""
    listed = await estate.get(estate.admin, TEMPLATES)
    (template,) = [one for one in listed if one["definition"] == what]
    ids = {one["name"]: one["id"] for one in template["actionTemplateParameter"]}
    return {
        "actionTemplateId": template["id"],
        "actionParameter": [{"actionTemplateParameterId": ids[n], "value": v} for n, v in parameters.items()],
        **more,
    }


async def action_samples(estate: Estate) -> dict[str, tuple[Any, dict[str, str]]]:
    """The body and the ids in the path of each operation; an administrator may call them all."""
    held = await new_activity(estate)
    group = await action(estate, "linux/group", {"group": "users"})
    platform = await platform_id(estate)
    return {
        "Activity.Post": ({"name": "Daily", "platformId": platform}, {}),
        "Activity.Put": ({"name": "Weekly"}, {"activityId": held["id"]}),
        "ActivityFile.Import": (
            {"format": "locum-activity", "version": 1, "name": "Brought", "platform": "linux"},
            {},
        ),
        "ActionGroup.PutActions": ([group], {"actionGroupId": held["startActionGroupId"]}),
    }
