"""Tokens, certificates, key/value sets and files over the API; each way a secret leaves by is one row."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import httpx
import pytest

from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made, problem

pytestmark = pytest.mark.anyio

SECRETS = "/api/locum/v1/Secret"


async def post(estate: Estate, content: bytes, **query: str) -> httpx.Response:
    return await estate.admin.http.post(SECRETS, params=query, content=content)


async def value(estate: Estate, secret_id: str, way: str = "Reveal", **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = await estate.get(estate.admin, f"{SECRETS}/{secret_id}/{way}", **query)
    return found


@pytest.mark.sees_effect("Secret.Create")
@pytest.mark.sees_effect("Secret.GetById")
@pytest.mark.sees_effect("Secret.PutContent")
@pytest.mark.sees_effect("Secret.Versions")
@pytest.mark.sees_effect("Secret.Reveal")
@pytest.mark.sees_effect("Secret.Copy")
@pytest.mark.sees_effect("Secret.Export")
async def test_a_file_its_versions_and_the_three_ways_to_have_it(estate: Estate) -> None:
    first, second = b"canary\x00\xff" * 20_000, b"canary text"
    answer = await post(estate, first, kind="file", name="licence", contentName="licence.bin")
    mine = made(answer, 201)["id"]
    assert "canary" not in answer.text
    replaced = await estate.admin.http.put(f"{SECRETS}/{mine}/Content", content=second)
    assert replaced.status_code == 200
    assert await estate.get(estate.admin, f"{SECRETS}/{mine}") == replaced.json()
    assert (replaced.json()["kind"], replaced.json()["contentName"]) == ("file", "licence.bin")
    assert (await estate.get(estate.admin, f"{SECRETS}/{estate.ids['locum']}"))["kind"] == "login"
    listed = await estate.get(estate.admin, f"{SECRETS}/{mine}/Version")
    assert [(one["version"], one["isCurrent"]) for one in listed] == [(2, True), (1, False)]
    for n, way in enumerate(("Reveal", "Copy", "Export")):
        current, before = await value(estate, mine, way), await value(estate, mine, way, version=1)
        assert (current["text"], current["contentName"]) == (second.decode(), "licence.bin")
        assert (base64.b64decode(before["content"]), before["text"]) == (first, None)
        action = ("revealed", "copied", "exported")[n]
        assert estate.audited(f"credential.secret_{action}", mine) == 2
    problem(await estate.admin.get(f"{SECRETS}/{mine}/Reveal", version=3), 404)
    page = await estate.get(estate.admin, f"{CREDENTIALS}/Search", filterText="licence")
    assert [row["credentialId"] for row in page["data"]] == [mine]


async def test_a_token_is_what_an_application_reads(estate: Estate) -> None:
    mine = made(await post(estate, b"ghp_canary", kind="token", name="ci"), 201)["id"]
    robot = estate.callers.application("robot")
    assert (await estate.get(robot, f"{CREDENTIALS}/{mine}", showPassword=True))["password"] == "ghp_canary"
    assert (await estate.get(robot, f"{CREDENTIALS}/{mine}"))["password"] is None
    leased = made(await robot.post(f"/api/locum/v1/Credential/{mine}/CheckOut", {"exclusive": False}), 201)
    secret = await estate.get(robot, f"/api/locum/v1/Lease/{leased['id']}/Secret")
    assert (base64.b64decode(secret["content"]), secret["kind"]) == (b"ghp_canary", "token")


async def test_cred_07_earlier_passwords_of_a_login_are_listed_and_had(estate: Estate) -> None:
    mine = made(await estate.admin.post(CREDENTIALS, {"username": "app", "password": SERVICE_PASSWORD}))["id"]
    made(await estate.admin.put(f"{CREDENTIALS}/{mine}", {"password": "canary-new"}))
    assert [one["version"] for one in await estate.get(estate.admin, f"{SECRETS}/{mine}/Version")] == [2, 1]
    assert (await value(estate, mine, version=1))["text"] == SERVICE_PASSWORD
    assert (await value(estate, mine))["text"] == "canary-new"


async def test_what_is_wrong_is_said_and_never_shown(estate: Estate) -> None:
    for content, query, field in (
        (b"canary", {"kind": "login", "name": "x"}, "kind"),
        (b"canary", {"kind": "poem", "name": "x"}, "kind"),
        (b"", {"kind": "file", "name": "x"}, "content"),
        (b"canary", {"kind": "certificate", "name": "x"}, "content"),
        (b"canary", {"kind": "file", "name": "\x07"}, "username"),
    ):
        answer = await post(estate, content, **query)
        assert field in problem(answer, 400)["errors"], query
        assert "canary" not in answer.text
    problem(await post(estate, b"x", kind="file", name="locum"), 409)
    assert (await post(estate, b"x" * 1024 * 1024, kind="file", name="big")).status_code == 201
    problem(await post(estate, b"x" * (1024 * 1024 + 1), kind="file", name="bigger"), 413)
    login = estate.ids["locum"]
    problem(await estate.admin.http.put(f"{SECRETS}/{login}/Content", content=b"x"), 409)
    for who in (estate.ada, await estate.holder("viewer", ["credentials:password:view"])):
        for way in ("Reveal", "Copy", "Export", "Version"):
            problem(await who.get(f"{SECRETS}/{login}/{way}"), 403)
        problem(await who.get(f"{SECRETS}/{login}"), 403)
    problem(await estate.admin.get(f"{SECRETS}/{uuid4()}/Reveal"), 404)
