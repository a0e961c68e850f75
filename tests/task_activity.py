"""The plain shell of the small world made into a task."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from locum.activities.model import ActivityType, Phase, activity, activity_action
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from world import World


def script(text: str, phase: Phase = Phase.DURING, run_as: str = "root", **more: Any) -> dict[str, Any]:
    parameters = {"script": text, "run_as": run_as, **more.pop("parameters", {})}
    return {"kind": "custom_script", "parameters": parameters, "phase": phase, **more}


async def make_task(database: Database, world: World, *actions: dict[str, Any]) -> None:
    def change(tx: Tx) -> None:
        for position, action in enumerate(actions):
            tx.add(activity_action, id=new_id(), activity_id=world.shell, position=position, **action)
        one = sa.update(activity).where(activity.c.id == world.shell)
        tx.run(one.values(type=ActivityType.TASK_AUTOMATION))

    await database.write(change)
