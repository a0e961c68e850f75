"""The table refuses what Python could get wrong."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.credentials.add import add_credential
from locum.credentials.model import credential
from locum.kit.db import Database
from locum.vault.secret import Secret
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "values",
    [
        {"type": 7},
        {"kind": "wish"},
        {"post_session": 3},
        {"content_secret_id": UUID(int=7)},
        {"type": -1},
        {"authentication_method": 3},
        {"login_key": "same"},
        {"username": None},
        {"password_secret_id": UUID(int=7)},
        {"platform_id": UUID(int=7)},
    ],
    ids=str,
)
async def test_impossible_rows_are_refused(database: Database, tmp_path: Path, values: dict[str, object]) -> None:
    world = await make_world(database, tmp_path)
    await database.write(add_credential, world.vault, ACTOR, username="second", password=Secret("x"))
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(sa.update(credential).values(**values)))
