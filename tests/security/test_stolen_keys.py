"""A stolen API key is worth no more than its bounds, and nothing once it is revoked (SEC-30)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from account_calls import BASE, SEARCH, application, local_user
from certificates import make_ca, make_client
from estate import CREDENTIALS, POLICIES, RESOURCES, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.api.context import Api
from locum.identities.model import api_key
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio

CLIENT = make_client(make_ca())
TOKEN = "/WebAppApi/api/v1/AppUserToken"


class Robot:
    """An application of which the thief has a key and, to make it hard, the certificate too."""

    def __init__(self, estate: Estate, robot: str) -> None:
        self.estate, self.id = estate, robot

    async def key(self, **bounds: Any) -> tuple[str, str]:
        """A new key and its id. Whatever there was before ends."""
        answer = await self.estate.admin.post(f"/api/locum/v1/Application/{self.id}/ApiKey", bounds)
        assert answer.status_code == 201, answer.text
        return answer.json()["key"], answer.json()["apiKey"]["id"]

    async def ways(self, key: str, address: str = "192.0.2.1") -> list[Caller]:
        """The key itself, and a token made with it."""
        token = await self.token(key, address)
        assert token.status_code == 200, token.text
        return [Caller(self.estate.callers.api, proof, address=address) for proof in (key, token.json())]

    async def token(self, key: str, address: str = "192.0.2.1") -> httpx.Response:
        door = presenting(self.estate.callers.api, address)
        sent = {"login": "robot", "password": key, "certificateSerialNumber": CLIENT.serial}
        return await door.post(TOKEN, sent)

    async def row(self) -> dict[str, Any]:
        rows = await self.estate.get(self.estate.admin, f"/api/locum/v1/Application/{self.id}/ApiKey")
        return dict(rows[0])


def presenting(api: Api, address: str) -> Caller:
    """A caller whose TLS connection has the application's client certificate."""
    caller = Caller(api, address=address)
    app = caller.http._transport.app  # type: ignore[attr-defined]

    async def with_certificate(scope: dict[str, object], receive: object, send: object) -> None:
        scope["extensions"] = {"tls": {"client_cert_der": CLIENT.der}}
        await app(scope, receive, send)

    caller.http._transport.app = with_certificate  # type: ignore[attr-defined]
    return caller


@pytest.fixture
async def robot(estate: Estate) -> Robot:
    return Robot(estate, await application(estate.admin, "robot", CLIENT.serial))


async def test_revoked_it_is_worth_nothing_from_the_next_request_on(robot: Robot) -> None:
    key, key_id = await robot.key()
    ways = await robot.ways(key)
    for way in ways:
        assert (await way.get(SEARCH)).status_code == 200
    renewed = Caller(robot.estate.callers.api, (await ways[1].get("/api/v1/UserToken")).json())
    assert (await renewed.get(SEARCH)).status_code == 200
    assert (await robot.estate.admin.http.delete(f"/api/locum/v1/ApiKey/{key_id}")).status_code == 200
    for way in (*ways, renewed):
        problem(await way.get(SEARCH), 401)
    assert (await robot.token(key)).status_code == 401


async def test_it_ends_with_its_time(robot: Robot) -> None:
    key, key_id = await robot.key(expiresAt="2999-01-01T00:00:00Z")
    ways = await robot.ways(key)
    moved = sa.update(api_key).where(api_key.c.id == UUID(key_id))
    for seconds, status in ((60, 200), (0, 401)):
        end = dt.timedelta(seconds=seconds)
        robot.estate.database.submit_write(
            lambda tx, end=end: tx.run(moved.values(expires_at=tx.now + end))
        ).result()
        for way in ways:
            assert (await way.get(SEARCH)).status_code == status
    assert (await robot.token(key)).status_code == 401


async def test_from_elsewhere_neither_it_nor_its_token_works(robot: Robot) -> None:
    key, _ = await robot.key(addresses=["198.51.100.0/24", "2001:db8::/32"])
    ways = await robot.ways(key, "198.51.100.7")
    api = robot.estate.callers.api
    for way in ways:
        assert (await way.get(SEARCH)).status_code == 200
        proof = way.http.headers["authorization"].removeprefix("Bearer ")
        for address, status in (
            ("2001:db8::9", 200),
            ("::ffff:198.51.100.8", 200),
            ("198.51.101.1", 401),
            ("::1", 401),
        ):
            assert (await Caller(api, proof, address=address).get(SEARCH)).status_code == status, address
    assert (await robot.token(key)).status_code == 401


async def test_its_uses_are_used_up_by_tokens_too(robot: Robot) -> None:
    key, _ = await robot.key(maxUses=4)
    key_itself, token = await robot.ways(key)  # one
    assert (await token.get(SEARCH)).status_code == 200
    assert (await key_itself.get(SEARCH)).status_code == 200
    assert (await token.get("/api/v1/UserToken")).status_code == 200
    for way in (key_itself, token):
        problem(await way.get(SEARCH), 401)
    assert (await robot.token(key)).status_code == 401
    assert (await robot.row())["useCount"] == 4


async def test_its_last_use_shows_whichever_way(robot: Robot) -> None:
    key, _ = await robot.key()
    assert (await robot.row())["lastUsedAt"] is None
    await robot.ways(key, "203.0.113.1")
    row = await robot.row()
    assert (row["useCount"], row["lastUsedFrom"]) == (1, "203.0.113.1")
    for number, way in enumerate(await robot.ways(key, "203.0.113.2"), 1):
        await way.get(SEARCH)
        await robot.estate.callers.api.usage.flush()
        row = await robot.row()
        assert (row["useCount"], row["lastUsedFrom"]) == (2 + number, "203.0.113.2")


BOUNDS = {
    "expiresAt": "2999-01-01T00:00:00Z",
    "addresses": ["192.0.2.0/24"],
    "maxUses": 1000,
    "operations": ["ManagedAccount.*", "AccessControlPolicy.*", "SshKey.*", "Passkey.*", "ApiKey.*"],
    "policies": ["00000000-0000-0000-0000-000000000001"],
    "credentials": ["00000000-0000-0000-0000-000000000001"],
}


@pytest.mark.parametrize("bound", BOUNDS)
async def test_nothing_it_makes_has_fewer_bounds(robot: Robot, bound: str) -> None:
    """No key, no person, no SSH key or passkey of its own: whoever acted as those would have none of the bounds."""
    other = await application(robot.estate.admin, "other")
    await robot.estate.admin.put(f"{BASE}/GenerateApiKey/{other}")
    key, key_id = await robot.key(**{bound: BOUNDS[bound]})
    for way in await robot.ways(key):
        for application_id in (robot.id, other):
            problem(await way.put(f"{BASE}/GenerateApiKey/{application_id}"), 403)
            problem(await way.get(f"{BASE}/RevealApiKey/{application_id}"), 403)
            problem(await way.post(f"/api/locum/v1/Application/{application_id}/ApiKey", {}), 403)
        problem(await way.put(f"/api/locum/v1/ApiKey/{key_id}", {}), 403)
        refused = problem(await way.post(f"{BASE}/CreateLocalUser", local_user("mallory")), 403)
        assert "only if its operations name ManagedAccount.CreateLocalUserAsync" in refused["detail"]
        problem(await way.post(f"{BASE}/CreateApplicationUser", {"name": "mallory"}), 403)
        problem(await way.post("/api/locum/v1/SshKey", {"name": "k", "publicKey": "ssh-ed25519 AAAA"}), 403)
        problem(await way.post("/api/locum/v1/Passkey/Options"), 403)
    names = {row["name"] for row in (await robot.estate.get(robot.estate.admin, SEARCH))["data"]}
    assert "mallory" not in names
    assert (await robot.row())["id"] == key_id


async def test_a_key_that_is_for_making_people_makes_them(robot: Robot) -> None:
    """The operator has named the operation, and by that has said so."""
    key, _ = await robot.key(operations=["ManagedAccount.CreateLocalUserAsync"], addresses=["192.0.2.0/24"])
    for number, way in enumerate(await robot.ways(key)):
        assert (await way.post(f"{BASE}/CreateLocalUser", local_user(f"new{number}"))).status_code == 200
        problem(await way.get(SEARCH), 403)


async def test_other_policies_are_out_of_its_reach(robot: Robot) -> None:
    estate = robot.estate
    mine = (await estate.policy("mine", managedAccountIds=[robot.id]))["id"]
    other = (await estate.policy("other", managedAccountIds=[robot.id]))["id"]
    key, _ = await robot.key()
    free = (await robot.ways(key))[0]
    asked = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    sessions = {
        policy: made(await free.post(SESSIONS, {**asked, "accessPolicyId": policy}), 201)["id"]
        for policy in (mine, other)
    }
    for session in sessions.values():
        estate.become(session, Status.ACTIVE)
    key, _ = await robot.key(policies=[mine])
    for way in await robot.ways(key):
        assert [row["id"] for row in (await estate.get(way, f"{SESSIONS}/SummaryByStatus/Active"))["data"]] == [
            sessions[mine]
        ]
        for path in ("{}", "Ssh/{}", "{}/Log"):
            assert (await way.get(f"{SESSIONS}/{path.format(sessions[mine])}")).status_code == 200
            problem(await way.get(f"{SESSIONS}/{path.format(sessions[other])}"), 404)
        problem(await way.http.delete(f"{SESSIONS}/{sessions[other]}"), 404)
        problem(await way.post(SESSIONS, {**asked, "accessPolicyId": other}), 403)
        shown = await estate.get(way, f"{POLICIES}/{mine}")
        problem(await way.get(f"{POLICIES}/{other}"), 403)
        problem(await way.put(f"{POLICIES}/{other}", {"description": "changed"}), 403)
        refused = problem(await way.post(POLICIES, {**shown, "name": "a third"}), 403)
        assert "listed access policies" in refused["detail"]
        assert (await way.put(f"{POLICIES}/{mine}", {"description": "changed"})).status_code == 200
    assert (await estate.get(estate.admin, f"{POLICIES}/{other}"))["description"] is None
    names = await estate.get(estate.admin, f"{POLICIES}/Names")
    assert {row["name"] for row in names} == {"admins", "mine", "other"}


async def test_other_credentials_are_out_of_its_reach(robot: Robot) -> None:
    estate = robot.estate
    login = {"username": "deploy", "password": "another horse battery"}
    mine = made(await estate.admin.post(CREDENTIALS, login))["id"]
    key, _ = await robot.key(credentials=[mine])
    for number, way in enumerate(await robot.ways(key)):
        host = {"name": f"db{number}", "ipAddress": f"192.0.2.{20 + number}"}
        problem(await way.post(RESOURCES, {**host, "serviceAccountId": estate.ids["locum"]}), 403)
        made(await way.post(RESOURCES, {**host, "serviceAccountId": mine}))
