"""An application's token over the API. Real handshakes: tests/security/test_client_certificates.py."""

from __future__ import annotations

import pytest

from account_calls import SEARCH, application, assert_problem, new_key
from certificates import make_ca, make_client
from identities_world import Caller, Callers
from locum.api.context import Api
from locum.identities import address_limit
from locum.identities.caller import Role

pytestmark = pytest.mark.anyio

PATH = "/WebAppApi/api/v1/AppUserToken"
CLIENT = make_client(make_ca())


class Presenting(Caller):
    """A caller whose TLS connection has a client certificate."""

    def __init__(self, api: Api, certificate: bytes) -> None:
        super().__init__(api)
        app = self.http._transport.app  # type: ignore[attr-defined]

        async def with_certificate(scope: dict[str, object], receive: object, send: object) -> None:
            scope["extensions"] = {"tls": {"client_cert_der": certificate}}
            await app(scope, receive, send)

        self.http._transport.app = with_certificate  # type: ignore[attr-defined]


@pytest.mark.sees_effect("AppUserToken.Post")
async def test_the_token_works_and_ends_with_the_key(callers: Callers, api: Api) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin, "inventory", CLIENT.serial)
    key = await new_key(admin, robot)
    door = Presenting(api, CLIENT.der)
    sent = {"login": "inventory", "password": key, "certificateSerialNumber": CLIENT.serial}
    answer = await door.post(PATH, sent)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    bearer = callers.bearing(answer.json())
    assert (await bearer.get(SEARCH)).status_code == 200
    assert (await bearer.get("/api/v1/UserToken")).status_code == 200
    await new_key(admin, robot)
    assert (await bearer.get(SEARCH)).status_code == 401
    assert_problem(await door.post(PATH, sent), 401)
    await door.http.aclose()


async def test_what_is_refused(callers: Callers, api: Api) -> None:
    admin = callers.person("root", Role.ADMIN)
    key = await new_key(admin, await application(admin, "inventory", CLIENT.serial))
    door = Presenting(api, CLIENT.der)
    sent = {"login": "inventory", "password": key, "certificateSerialNumber": CLIENT.serial}
    plain = await callers.nobody().post(PATH, sent)
    assert_problem(plain, 401)
    assert "client certificate" in plain.json()["detail"]
    for changes, status in (
        ({"password": key[:-1]}, 401),
        ({"login": "root"}, 401),
        ({"certificateSerialNumber": "00"}, 401),
        ({"certificateSerialNumber": None}, 400),
        ({"password": None}, 400),
    ):
        answer = await door.post(PATH, {**sent, **changes})
        assert_problem(answer, status)
        assert key not in answer.text
    assert (await door.post(PATH, sent)).status_code == 200
    for _ in range(address_limit.BURST):
        await door.post(PATH, {**sent, "login": "nobody"})
    assert_problem(await door.post(PATH, sent), 429)
    await door.http.aclose()


async def test_auth_20_an_application_signs_in_interactively_nowhere(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    key = await new_key(admin, await application(admin, "inventory", CLIENT.serial))
    for path in ("/signinBody", "/signin"):
        assert_problem(await callers.nobody().post(path, {"Login": "inventory", "Password": key}), 401)
