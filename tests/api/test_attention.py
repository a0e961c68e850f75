"""What an administrator should look at, over the API."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from estate import Estate, problem
from locum.identities.model import identity

pytestmark = pytest.mark.anyio

ATTENTION = "/api/locum/v1/Attention"


@pytest.mark.sees_effect("Attention.Get")
async def test_a_locked_account_is_in_it(estate: Estate) -> None:
    before = await estate.get(estate.admin, ATTENTION)
    assert [(one["kind"], one["total"], one["first"]) for one in before] == [
        (kind, 0, []) for kind in ("grant", "credential", "api_key", "account")
    ]
    await estate.database.write(
        lambda tx: tx.run(sa.update(identity).where(identity.c.name == "ada").values(locked=True))
    )
    (account,) = (await estate.get(estate.admin, ATTENTION))[3]["first"]
    assert account["name"] == "ada"


async def test_it_is_for_administrators(estate: Estate) -> None:
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.get(ATTENTION), 403)
