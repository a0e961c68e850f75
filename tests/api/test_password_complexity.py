"""Password complexities over the API."""

from __future__ import annotations

from uuid import UUID

import pytest

from estate import Estate, made, problem
from locum.credentials.complexities import complexity_of
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/PasswordComplexity"
BODY = {
    "name": "Databases",
    "lowerCase": True,
    "specialCharacter": True,
    "mustStartWith": "Lowercase",
    "length": 30,
    "charsToExclude": "=",
}


@pytest.mark.sees_effect(
    *("PasswordComplexity.GetAll", "PasswordComplexity.GetById", "PasswordComplexity.Post"),
    *("PasswordComplexity.Put", "PasswordComplexity.Delete"),
)
async def test_a_complexity_comes_and_goes(estate: Estate) -> None:
    (default,) = await estate.get(estate.callers.application("robot"), PATH)
    assert (default["name"], default["length"], default["mustStartWith"]) == ("Default", 24, 3)
    view = made(await estate.admin.post(PATH, BODY))
    assert (view["mustStartWith"], view["specialCharacter"], view["upperCase"]) == (1, True, False)
    one = f"{PATH}/{view['id']}"
    assert await estate.get(estate.admin, one) == view
    assert [row["name"] for row in await estate.get(estate.admin, PATH)] == ["Databases", "Default"]
    changed = made(await estate.admin.put(one, {**view, "length": 40, "charsToExclude": None}))
    assert (changed["length"], changed["charsToExclude"], changed["mustStartWith"]) == (40, None, 1)
    held = await estate.database.read(complexity_of, UUID(view["id"]))
    assert (held.length, held.excluded, held.special) == (40, None, True)
    assert (await estate.admin.http.delete(one)).status_code == 200
    problem(await estate.admin.get(one), 404)
    for action in ("created", "changed", "deleted"):
        assert estate.audited(f"complexity.{action}", view["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PATH)
    problem(await estate.ada.get(PATH), 403)
    problem(await estate.callers.application("robot").post(PATH, BODY), 403)
    assert "length" in str(problem(await estate.admin.post(PATH, {**BODY, "length": 1}), 400))
    problem(await estate.admin.post(PATH, {**BODY, "name": "DEFAULT"}), 409)
    problem(await estate.admin.http.delete(f"{PATH}/{default['id']}"), 409)
    problem(await estate.admin.put(f"{PATH}/{new_id()}", BODY), 404)
