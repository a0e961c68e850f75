"""Signing out, here and everywhere; signed in by cookie; and that other sites can't use that cookie."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from account_calls import assert_problem, first_step
from audited import details
from identities_world import Caller, Callers, signed_in
from locum.api.context import SIGNED_IN_COOKIE, Api
from locum.identities.caller import Role
from locum.identities.model import sign_in
from locum.kit.db import Database

pytestmark = pytest.mark.anyio

TOKEN = "/api/v1/UserToken"
SIGN_INS = "/api/locum/v1/SignIn"
OURS = {"Sec-Fetch-Site": "same-origin"}


async def browser(callers: Callers, name: str = "ada") -> Caller:
    """Somebody who signed in with password and code, and holds the cookie alone."""
    person = callers.world.person(name)
    caller = callers.nobody()
    caller.http.headers["User-Agent"] = "Browser/1"
    pending = (await first_step(caller, name)).json()
    headers = {"Authorization": f"Bearer {pending}"}
    done = await caller.http.post("/signin2fa", content=person.totp.now(), headers=headers)
    assert done.status_code == 200
    (cookie,) = (c for c in done.headers.get_list("set-cookie") if c.startswith(f"{SIGNED_IN_COOKIE}="))
    assert cookie.endswith("; Path=/; HttpOnly; Secure; SameSite=Strict")
    return caller


@pytest.mark.sees_effect("SignIn.Current")
async def test_a_cookie_in_a_token_s_place(callers: Callers) -> None:
    caller = await browser(callers)
    me = await caller.http.get(f"{SIGN_INS}/Current", headers=OURS)
    assert me.status_code == 200
    found = me.json()
    assert (found["name"], found["roles"], found["idleMinutes"]) == ("ada", ["User"], 10)
    assert "sessions:own:use" in found["permissions"]
    assert found["endsAt"] > dt.datetime.now(dt.UTC).isoformat()
    renewed = (await caller.http.get(TOKEN, headers=OURS)).json()
    current = await callers.bearing(renewed).get(f"{SIGN_INS}/Current")
    assert current.json()["id"] == found["id"]


@pytest.mark.parametrize(
    ("headers", "get", "post"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200, 200),
        ({"Sec-Fetch-Site": "none"}, 200, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://locum.test"}, 403, 403),
        ({"Origin": "https://locum.test"}, 200, 200),
        ({"Origin": "https://locum.test.evil.example"}, 403, 403),
        ({"Origin": "null"}, 403, 403),
        ({"Origin": "https://evil.example", "Host": "locum.test"}, 403, 403),
        ({}, 200, 403),
    ],
)
async def test_sec_31_another_site_can_t_use_the_cookie(
    callers: Callers, headers: dict[str, str], get: int, post: int
) -> None:
    caller = await browser(callers)
    assert (await caller.http.get(TOKEN, headers=headers)).status_code == get
    assert (await caller.http.post("/api/locum/v1/SignOut", headers=headers)).status_code == post
    alive = (await caller.http.get(TOKEN, headers=OURS)).status_code
    assert alive == (200 if post == 403 else 401)


async def test_a_header_counts_before_the_cookie(callers: Callers) -> None:
    caller = await browser(callers)
    eve = signed_in(callers.api, callers.world.person("eve").id)
    mixed = {"Authorization": f"Bearer {eve.token}", "Sec-Fetch-Site": "cross-site"}
    assert (await caller.http.get(f"{SIGN_INS}/Current", headers=mixed)).json()["name"] == "eve"
    broken = await caller.http.get(TOKEN, headers={"Authorization": "Bearer nonsense", **OURS})
    assert_problem(broken, 401)


async def test_auth_23_the_idle_time_binds_the_cookie_and_not_the_token(
    callers: Callers, database: Database
) -> None:
    caller = await browser(callers)
    token = (await caller.http.get(TOKEN, headers=OURS)).json()
    unused(database, minutes=9)
    assert (await caller.http.get(TOKEN, headers=OURS)).status_code == 200
    used = database.submit_read(lambda tx: tx.scalar(sa.select(sign_in.c.last_used_at))).result()
    assert dt.datetime.now(dt.UTC) - used < dt.timedelta(minutes=1)
    unused(database, minutes=10)
    refused = await caller.http.get(TOKEN, headers=OURS)
    assert_problem(refused, 401)
    assert "not used for too long" in refused.json()["detail"]
    assert (await callers.bearing(token).get(TOKEN)).status_code == 200


def unused(database: Database, *, minutes: int) -> None:
    long = dt.timedelta(minutes=minutes)
    database.submit_write(lambda tx: tx.run(sa.update(sign_in).values(last_used_at=tx.now - long))).result()


@pytest.mark.sees_effect("SignIn.Out")
async def test_signing_out_counts_from_the_next_request(callers: Callers, database: Database) -> None:
    caller = await browser(callers)
    token = (await caller.http.get(TOKEN, headers=OURS)).json()
    elsewhere = await browser(callers, "eve")
    out = await caller.http.post("/api/locum/v1/SignOut", headers=OURS)
    assert (out.status_code, out.content) == (200, b"")
    assert f"{SIGNED_IN_COOKIE}=; Max-Age=0" in out.headers["set-cookie"]
    assert SIGNED_IN_COOKIE not in caller.http.cookies
    assert (await callers.bearing(token).get(TOKEN)).status_code == 401
    assert (await elsewhere.http.get(TOKEN, headers=OURS)).status_code == 200
    assert len(details(database, "signin.ended")) == 1


@pytest.mark.sees_effect("SignIn.List", "SignIn.End", "SignIn.OutEverywhere")
async def test_one_s_sign_ins_and_their_ends(callers: Callers) -> None:
    here = await browser(callers)
    ada = (await here.http.get(f"{SIGN_INS}/Current", headers=OURS)).json()["identityId"]
    others = [callers.bearing(signed_in(callers.api, ada_id).token) for ada_id in [UUID(ada)] * 2]
    eve = callers.person("eve")
    rows = (await here.http.get(SIGN_INS, headers=OURS)).json()
    assert [(row["isCurrent"], row["isLive"], row["client"]) for row in rows] == [
        (False, True, "tests"),
        (False, True, "tests"),
        (True, True, "Browser/1"),
    ]
    ended = await here.http.delete(f"{SIGN_INS}/{rows[0]['id']}", headers=OURS)
    assert ended.status_code == 200
    assert [(await other.get(TOKEN)).status_code for other in others] == [200, 401]
    assert_problem(await eve.http.delete(f"{SIGN_INS}/{rows[1]['id']}"), 404)
    everywhere = await here.http.post("/api/locum/v1/SignOutEverywhere", headers=OURS)
    assert everywhere.json() == {"ended": 2}
    assert [(await other.get(TOKEN)).status_code for other in others] == [401, 401]
    assert (await here.http.get(TOKEN, headers=OURS)).status_code == 401
    assert (await eve.get(TOKEN)).status_code == 200


async def test_a_pending_sign_in_ends_with_the_others(callers: Callers) -> None:
    caller = await browser(callers)
    pending = callers.bearing((await first_step(callers.nobody(), "ada")).json())
    await caller.http.post("/api/locum/v1/SignOutEverywhere", headers=OURS)
    assert (await pending.http.post("/signin2fa", content="0")).status_code == 401


async def test_an_api_key_is_not_signed_in(callers: Callers) -> None:
    robot = callers.application("robot")
    me = (await robot.get(f"{SIGN_INS}/Current")).json()
    assert (me["id"], me["endsAt"], me["roles"]) == (None, None, ["App"])
    assert_problem(await robot.get(TOKEN), 403)
    assert_problem(await robot.post("/api/locum/v1/SignOut"), 403)


async def test_nonsense_in_the_cookie(callers: Callers, api: Api) -> None:
    for value in ("x", "é", '"', "x" * 5000):
        transport = callers.nobody().http._transport
        async with httpx.AsyncClient(transport=transport, base_url="https://locum.test") as client:
            cookie = f"{SIGNED_IN_COOKIE}={value}".encode()
            answer = await client.get(TOKEN, headers=[(b"cookie", cookie), (b"sec-fetch-site", b"none")])
        assert_problem(answer, 401)


async def test_admins_too(callers: Callers) -> None:
    root = callers.person("root", Role.ADMIN)
    assert (await root.get(f"{SIGN_INS}/Current")).json()["roles"] == ["Admin"]
