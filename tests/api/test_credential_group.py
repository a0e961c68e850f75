"""Credential groups over the API."""

from __future__ import annotations

import pytest

from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made, problem
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/CredentialGroup"


@pytest.mark.sees_effect(
    *("CredentialGroup.GetAll", "CredentialGroup.GetById", "CredentialGroup.Post", "CredentialGroup.Put"),
    *("CredentialGroup.Delete", "CredentialGroup.GetCredentials", "CredentialGroup.AddCredentials"),
    "CredentialGroup.RemoveCredentials",
)
async def test_a_group_comes_is_filled_and_goes(estate: Estate) -> None:
    login = made(await estate.admin.post(CREDENTIALS, {"username": "deploy", "password": SERVICE_PASSWORD}))
    view = made(await estate.admin.post(PATH, {"name": "Deployers"}))
    one = f"{PATH}/{view['id']}"
    assert made(await estate.admin.post(f"{one}/Credential", [login["id"], login["id"]])) == {"count": 1}
    (join,) = (await estate.get(estate.admin, one))["credentialJoin"]
    assert (join["credentialId"], join["credentialGroupId"]) == (login["id"], view["id"])
    page = await estate.get(estate.admin, f"{one}/Credential", filterText="depl")
    assert page == {"data": [{"id": login["id"], "name": "deploy", "domain": ""}], "recordsTotal": 1}
    changed = made(await estate.admin.put(one, {"name": "Others", "credentialJoin": []}))
    assert changed["name"] == "Others"
    assert (await estate.get(estate.admin, PATH)) == [changed]
    assert made(await estate.admin.post(f"{one}/Credential/DeleteMultiple", [login["id"]])) == {"count": 1}
    assert (await estate.get(estate.admin, one))["credentialJoin"] == []
    assert (await estate.admin.http.delete(one)).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    for action in ("created", "changed", "deleted", "member_added", "member_removed"):
        assert estate.audited(f"credential_group.{action}", view["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    view = made(await estate.admin.post(PATH, {"name": "Deployers"}))
    one = f"{PATH}/{view['id']}"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(PATH), 403)
        problem(await stranger.post(f"{one}/Credential", [str(new_id())]), 403)
    problem(await estate.admin.post(PATH, {"name": "deployers"}), 409)
    problem(await estate.admin.post(f"{one}/Credential", [str(new_id())]), 400)
    problem(await estate.admin.get(f"{PATH}/{new_id()}/Credential"), 404)
