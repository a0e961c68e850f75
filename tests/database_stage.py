"""One installation with a real database server as the target, and its sessions driven by the worker's own step."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from database_targets import DatabaseTarget
from locum.activities.model import activity, activity_action
from locum.credentials.add import add_credential
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.wake import Wake
from locum.main.compose import open_connector
from locum.policies.add import Members, add_policy
from locum.resources.add import Listening, add_resource
from locum.resources.model import ResourceType, platform
from locum.sessions.work import SessionWork
from locum.vault.secret import Secret
from stage import Stage
from world import ACTOR, make_world

SERVICE = "session_opener"


class DatabaseStage(Stage):
    """`asks` is what a request for the activity on the database says."""

    asks: dict[str, UUID]

    async def ask(self, **changes: object) -> UUID:
        return await super().ask(**{**self.asks, **changes})


async def database_stage(
    database: Database, folder: Path, target: DatabaseTarget, kind: str, actions: list[tuple[str, dict[str, str]]]
) -> DatabaseStage:
    """The activity is the seeded login of that platform, with these actions besides."""
    world = await make_world(database, folder)

    def add(tx: Tx) -> dict[str, UUID]:
        account = add_credential(tx, world.vault, ACTOR, username=SERVICE, password=Secret(target.password))
        where = add_resource(
            tx,
            ACTOR,
            name="orders",
            ip_address="127.0.0.1",
            type=ResourceType.DATABASE,
            platform_id=tx.scalar(sa.select(platform.c.id).where(platform.c.connector == kind)),
            database=Listening(port=target.port),
            service_account_id=account.id,
        )
        named = {"postgresql": "PostgreSQL login", "mariadb": "MySQL login"}[kind]
        what = tx.scalar(sa.select(activity.c.id).where(activity.c.name == named))
        for position, (step, parameters) in enumerate(actions):
            row = {
                "id": new_id(),
                "activity_id": what,
                "position": position,
                "kind": step,
                "parameters": parameters,
            }
            tx.add(activity_action, **row)
        add_policy(tx, ACTOR, name="databases", members=Members([world.person], [where.id], [what]))
        return {"activity_id": what, "resource_id": where.id}

    stage = DatabaseStage(database, world, SessionWork(database, world.vault, open_connector, Wake()), None)  # type: ignore[arg-type]
    stage.asks = await database.write(add)
    return stage
