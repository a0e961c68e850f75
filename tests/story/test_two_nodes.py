"""Two servers on one PostgreSQL database: what counts on one counts on the other from the next request on.

Each node has a data directory of its own. They share the root key by a copy of its file, and everything else by the
database.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from bench.postgres import PostgresServer
from demo.client import Client, Codes, Refused

from installation import ADMIN, ADMIN_PASSWORD, Installation, status

# From the first node to the other, and the other way round in `make test-full`.
WAYS = ["there", pytest.param("back", marks=pytest.mark.full)]
PASSWORD = "staple battery horse"
ACCOUNT = "/api/v1/ManagedAccount"
CURRENT = "/api/locum/v1/SignIn/Current"


@dataclass
class Two:
    """Both nodes run. Each test makes the people it needs."""

    one: Installation
    other: Installation

    def person(self, name: str, password: str = PASSWORD) -> str:
        """The id of a new local user without a second factor, made on the first node."""
        made = self.one.admin().call("POST", f"{ACCOUNT}/CreateLocalUser", {
            "managedAccountView": {"name": name},
            "localUserPasswordChangeRequest": {"passwordNew": password},
        })  # fmt: skip
        return str(made["id"])

    def ways(self, way: str) -> tuple[Installation, Installation]:
        return (self.one, self.other) if way == "there" else (self.other, self.one)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Two]:
    url = postgres.create()
    one = Installation(tmp_path_factory.mktemp("one") / "data", database_url=url)
    assert one.init().returncode == 0
    other = Installation(tmp_path_factory.mktemp("other") / "data", database_url=url)
    (other.data / "keys").mkdir(parents=True, mode=0o700)
    shutil.copy(one.data / "keys" / "root.key", other.data / "keys" / "root.key")
    joined = other.init()
    assert joined.returncode == 0, joined.stderr
    for node in (one, other):
        node.start()
        assert node.healthy(), node.log()
    yield Two(one, other)
    assert [node.stop() for node in (one, other)] == [0, 0], other.log()
    assert one.locum("audit", "verify").returncode == 0


def refused(call: Callable[..., Any], *arguments: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        call(*arguments, **named)
    return refusal.value


def first_step(node: Installation, name: str, password: str) -> int:
    try:
        node.client().call("POST", "/signinBody", {"Login": name, "Password": password})
    except Refused as refusal:
        return refusal.status
    return 200


def signed_in(node: Installation, name: str, password: str = PASSWORD) -> Client:
    client = node.client()
    client.sign_in(name, password, "0")
    return client


def at(node: Installation, client: Client) -> Client:
    """The same caller at another node."""
    moved = node.client()
    moved.authorization = client.authorization
    return moved


def test_the_second_directory_joins_what_is_there(two: Two) -> None:
    assert "postgresql" in (two.other.data / "locum.toml").read_text()
    assert not (two.other.data / "keys" / "recovery.key").exists()  # no second administrator was made
    for name in ("ca.crt", "token-signing.pub", "audit-signing.pub", "ssh_host_key.pub"):
        assert (two.one.data / "public" / name).read_bytes() == (two.other.data / "public" / name).read_bytes()
    assert (two.one.data / "node").read_text() != (two.other.data / "node").read_text()
    for node in (two.one, two.other):
        assert status(at(node, two.one.admin())) == 200
        assert status(at(node, two.other.admin())) == 200


def failed_attempts(two: Two, name: str) -> int:
    assert two.one.database_url is not None
    query = "SELECT failed_attempts FROM local_login JOIN identity ON id = identity_id WHERE name = %s"
    with psycopg.connect(two.one.database_url) as connection:
        (count,) = connection.execute(query, (name,)).fetchone() or (-1,)
    return int(count)


@pytest.mark.parametrize("way", WAYS)
def test_wrong_passwords_are_counted_together(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    for name, wrong, then in ((f"lara {way}", [here] * 2 + [elsewhere] * 2, 200),
                              (f"lena {way}", [here] * 3 + [elsewhere] * 2, 401)):  # fmt: skip
        two.person(name)
        assert [first_step(node, name, "wrong") for node in wrong] == [401] * len(wrong)
        assert [first_step(node, name, PASSWORD) for node in (here, elsewhere)] == [then] * 2
    assert first_step(elsewhere, ADMIN, ADMIN_PASSWORD) == 200


def test_of_many_wrong_passwords_at_once_five_count(two: Two) -> None:
    """The database counts, one try after the other: those that came while the account was locked do not count."""
    two.person("mona")
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda node: first_step(node, "mona", "wrong"), [two.one, two.other] * 5))
    assert found == [401] * 10
    assert failed_attempts(two, "mona") == 5
    assert [first_step(node, "mona", PASSWORD) for node in (two.one, two.other)] == [401, 401]


def enrolled(node: Installation, name: str) -> Codes:
    """The person's authenticator app, whose next code is good."""
    secret = node.client().enrol(name, PASSWORD)
    return Codes(secret, int(time.time()) // 30 - 1)


@pytest.mark.parametrize("way", WAYS)
def test_a_code_used_on_one_is_used_on_the_other(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    name = f"tom {way}"
    two.person(name)
    codes = enrolled(here, name)
    code = codes.next()
    client = here.client()
    client.sign_in(name, PASSWORD, code)
    assert refused(elsewhere.client().sign_in, name, PASSWORD, code).status == 401
    elsewhere.client().sign_in(name, PASSWORD, codes.next())


def test_one_code_sent_to_both_at_once_signs_in_once(two: Two) -> None:
    two.person("tina")
    codes = enrolled(two.one, "tina")
    steps = []
    for node in (two.one, two.other) * 3:
        client = node.client()
        first = client.call("POST", "/signinBody", {"Login": "tina", "Password": PASSWORD})
        client.authorization = f"Bearer {first}"
        steps.append(client)
    code = codes.next().encode()

    def second(client: Client) -> int:
        try:
            client.call("POST", "/signin2fa", raw=code)
        except Refused as refusal:
            return refusal.status
        return 200

    with ThreadPoolExecutor(len(steps)) as pool:
        found = list(pool.map(second, steps))
    assert found.count(200) == 1, found


@pytest.mark.parametrize("way", WAYS)
def test_a_sign_in_may_be_begun_on_one_and_finished_on_the_other(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    first = here.client().call("POST", "/signinBody", {"Login": ADMIN, "Password": ADMIN_PASSWORD})
    client = elsewhere.client()
    client.authorization = f"Bearer {first}"
    client.authorization = "Bearer " + client.call("POST", "/signin2fa", raw=b"0")
    assert status(at(here, client)) == 200


@pytest.mark.parametrize("way", WAYS)
def test_signing_out_on_one_counts_on_the_other(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    name = f"olga {way}"
    two.person(name)
    browser = here.browser(name, PASSWORD)
    token = Client(f"https://{elsewhere.https}", elsewhere.data / "public" / "ca.crt")
    token.authorization = "Bearer " + browser.get("/api/v1/UserToken").json()
    there = elsewhere.browser(ADMIN, ADMIN_PASSWORD)
    there.cookies = browser.cookies
    assert there.get(CURRENT).json()["name"] == name
    assert status(token, CURRENT) == 200
    other = signed_in(elsewhere, name)
    assert browser.post("/api/locum/v1/SignOut").status_code == 200
    assert status(token, CURRENT) == 401
    assert there.get(CURRENT).status_code == 401
    assert status(other, CURRENT) == 200
    at(here, other).call("POST", "/api/locum/v1/SignOutEverywhere")
    assert status(other, CURRENT) == 401


@pytest.mark.parametrize("way", WAYS)
def test_an_ended_key_is_dead_on_both(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    admin = here.admin()
    key, robot = here.application(admin, f"robot {way}")
    moved = at(elsewhere, robot)
    assert (status(robot), status(moved)) == (200, 200)
    admin.call("DELETE", f"/api/locum/v1/ApiKey/{key}")
    assert (status(moved), status(robot)) == (401, 401)


def test_a_lock_and_a_role_count_on_both(two: Two) -> None:
    person = two.person("rita")
    rita = signed_in(two.other, "rita")
    admin = two.one.admin()
    assert status(rita) == 403  # the list of accounts is for administrators
    admin.call("POST", f"{ACCOUNT}/{person}/Lock")
    assert status(rita, CURRENT) == 401
    assert first_step(two.other, "rita", PASSWORD) == 401


def test_a_limited_key_is_never_used_more_often_than_it_may(two: Two) -> None:
    admin = two.one.admin()
    key, robot = two.one.application(admin, "guest", maxUses=20)
    callers = [at(node, robot) for node in (two.one, two.other)]
    with ThreadPoolExecutor(12) as pool:
        found = Counter(pool.map(status, callers * 20))
    assert found == {200: 20, 401: 20}
    (row,) = [
        row
        for account in admin.call("GET", f"{ACCOUNT}/ListApplicationUsersNameAndIds")
        for row in admin.call("GET", f"/api/locum/v1/Application/{account['id']}/ApiKey")
        if row["id"] == key
    ]
    assert (row["useCount"], row["isLive"]) == (20, False)
    assert [status(caller) for caller in callers] == [401, 401]


def test_passwords_and_their_history_are_shared(two: Two) -> None:
    person = two.person("paul")
    paul = signed_in(two.one, "paul")
    change = f"{ACCOUNT}/ChangeLocalUserPassword"
    second, third = "a second horse battery", "a third horse battery"
    at(two.other, paul).call("PUT", change, {"passwordOld": PASSWORD, "passwordNew": second})
    assert status(paul, CURRENT) == 401
    assert first_step(two.one, "paul", PASSWORD) == 401
    paul = signed_in(two.one, "paul", second)
    again = refused(paul.call, "PUT", change, {"passwordOld": second, "passwordNew": PASSWORD})
    assert (again.status, "used before" in str(again)) == (400, True)
    # An administrator's reset on one node ends the sign-in that the other one uses.
    moved = at(two.other, paul)
    assert status(moved, CURRENT) == 200
    two.one.admin().call("PUT", f"{ACCOUNT}/ResetLocalUserPassword/{person}", {"passwordNew": third})
    assert status(moved, CURRENT) == 401
    assert first_step(two.other, "paul", second) == 401
    pending = two.other.client()
    first = pending.call("POST", "/signinBody", {"Login": "paul", "Password": third})
    pending.authorization = f"Bearer {first}"
    for used in (PASSWORD, second, third):
        assert refused(pending.call, "PUT", change, {"passwordOld": third, "passwordNew": used}).status == 400
    step = at(two.one, pending)
    token = step.call("PUT", f"{change}?forced=true", {"passwordOld": third, "passwordNew": "and a fourth one"})
    step.authorization = f"Bearer {token}"
    step.authorization = "Bearer " + step.call("POST", "/signin2fa", raw=b"0")
    assert status(at(two.other, step), CURRENT) == 200


@pytest.mark.parametrize("way", WAYS)
def test_auth_24_another_token_key_counts_on_both_at_once(two: Two, way: str) -> None:
    here, elsewhere = two.ways(way)
    old = [node.admin() for node in (here, elsewhere)]
    _, robot = here.application(old[0], f"integration {way}")
    browser = elsewhere.browser()
    # Both nodes have seen all of them, so that whatever they remember is remembered.
    for node in (here, elsewhere):
        assert [status(at(node, client)) for client in (*old, robot)] == [200] * 3
    assert here.locum("rotate-token-key").returncode == 0
    assert [status(at(elsewhere, client)) for client in (*old, robot)] == [401, 401, 200]
    assert [status(at(here, client)) for client in (*old, robot)] == [401, 401, 200]
    assert browser.get(CURRENT).status_code == 200
    fresh = here.admin()
    assert status(at(elsewhere, fresh)) == 200
    assert status(at(here, elsewhere.admin())) == 200


def test_a_new_token_is_taken_by_a_node_that_has_not_asked_since(two: Two) -> None:
    assert two.one.locum("rotate-token-key").returncode == 0
    fresh = two.one.admin()
    assert status(at(two.other, fresh)) == 200  # the first thing it sees after the change


def test_audit_rows_of_both_are_one_log(two: Two) -> None:
    assert two.one.database_url is not None
    for node in (two.one, two.other):
        node.admin()
        assert node.locum("audit", "verify").returncode == 0
    with psycopg.connect(two.one.database_url) as connection:
        found = connection.execute("SELECT count(*) FROM audit_event WHERE action = 'signin.completed'").fetchone()
    assert found is not None
    assert found[0] > 2
