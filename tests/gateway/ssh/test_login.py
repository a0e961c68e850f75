"""The dialogue of a sign-in, question by question."""

from __future__ import annotations

from uuid import UUID

import asyncssh
import pytest

from locum.gateway.ssh.login import ATTEMPTS, Login
from locum.kit.errors import RateLimited
from locum.sessions.connections import SshKeyUse, Wanted
from locum.vault.secret import Secret
from ssh_gateway import CODE, NAME, PASSWORD, People

pytestmark = pytest.mark.anyio


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def login(people: People, told: list[str]) -> Login:
    return Login(people, unasked, "192.0.2.7", told.append)


async def unasked(identity_id: UUID, wanted: Wanted) -> SshKeyUse:
    raise AssertionError("no key was proven")


def prompt(challenge: object) -> str:
    assert isinstance(challenge, tuple)
    ((text, echo),) = challenge[3]
    assert echo is False
    return str(text)


async def test_asks_for_the_password_and_then_for_the_code(login: Login, people: People) -> None:
    assert prompt(login.ask()) == "Password: "
    assert prompt(await login.answer(NAME, [PASSWORD])) == "Verification code: "
    assert login.signed_in is None
    assert await login.answer(NAME, [CODE]) is True
    assert login.signed_in is not None
    assert login.signed_in.name == "alice"
    assert people.seen == ["password alice 192.0.2.7", "code alice 192.0.2.7"]


async def test_asks_for_no_code_where_none_is_needed(login: Login, people: People) -> None:
    login.ask()
    assert await login.answer("bob+a+b", [PASSWORD]) is True
    assert login.signed_in is not None
    assert people.seen == ["password bob 192.0.2.7", "code bob 192.0.2.7"]


async def test_a_wrong_answer_says_no_more_for_a_known_name_than_for_an_unknown_one(
    login: Login, told: list[str]
) -> None:
    login.ask()
    assert await login.answer(NAME, ["wrong"]) is False
    login.ask()
    assert await login.answer("nobody+a+b", ["wrong"]) is False
    assert told[0] == told[1] == "the name or the password is wrong"
    assert login.signed_in is None


async def test_a_wrong_code_starts_again_at_the_password(login: Login, told: list[str]) -> None:
    login.ask()
    await login.answer(NAME, [PASSWORD])
    assert await login.answer(NAME, ["000000"]) is False
    assert told == ["the code is wrong"]
    assert await login.answer(NAME, [CODE]) is False  # taken for a password: no first factor stands any more
    assert login.signed_in is None


async def test_a_new_dialogue_forgets_the_first_factor(login: Login) -> None:
    login.ask()
    await login.answer(NAME, [PASSWORD])
    login.ask()
    assert await login.answer(NAME, [CODE]) is False
    assert login.signed_in is None


async def test_the_password_method_does_not_carry_a_first_factor_over(login: Login, told: list[str]) -> None:
    assert await login.password(NAME, PASSWORD) is False
    assert "keyboard-interactive" in told[0]
    assert await login.answer(NAME, [CODE]) is False
    assert login.signed_in is None


async def test_the_password_method_is_enough_where_no_code_is_needed(login: Login) -> None:
    assert await login.password("bob+a+b", PASSWORD) is True
    assert login.signed_in is not None


@pytest.mark.parametrize(("name", "words"), [("carol", "enrol"), ("dave", "password must be changed")])
async def test_an_unfinished_account_is_sent_to_the_api(login: Login, name: str, words: str) -> None:
    login.ask()
    with pytest.raises(asyncssh.PermissionDenied, match=words):
        await login.answer(f"{name}+a+b", [PASSWORD])
    with pytest.raises(asyncssh.PermissionDenied, match=words):
        await login.password(f"{name}+a+b", PASSWORD)
    assert login.signed_in is None


async def test_the_connection_ends_after_three_failures(login: Login, told: list[str]) -> None:
    for _ in range(ATTEMPTS - 1):
        login.ask()
        assert await login.answer(NAME, ["wrong"]) is False
    with pytest.raises(asyncssh.PermissionDenied, match="wrong"):
        await login.password(NAME, "wrong")
    assert len(told) == ATTEMPTS - 1


async def test_other_refusals_end_the_connection_with_their_reason(login: Login) -> None:
    with pytest.raises(asyncssh.PermissionDenied, match="locked"):
        await login.answer("mallory+a+b", [PASSWORD])


async def test_too_many_attempts_end_the_connection(told: list[str]) -> None:
    class Strict(People):
        async def password(self, login: str, password: Secret, *, address: str | None) -> object:  # type: ignore[override]
            raise RateLimited("too many attempts; wait 5 minutes", retry_after=300)

    with pytest.raises(asyncssh.PermissionDenied, match="wait 5 minutes"):
        await Login(Strict(), unasked, "192.0.2.7", told.append).answer(NAME, [PASSWORD])


@pytest.mark.parametrize("responses", [[], ["a", "b"], ["x" * 1025]])
async def test_odd_answers_do_not_reach_the_sign_in(login: Login, people: People, responses: list[str]) -> None:
    assert await login.answer(NAME, responses) is False
    assert people.seen == []


async def test_an_endless_password_does_not_reach_the_sign_in(login: Login, people: People) -> None:
    assert await login.password(NAME, "x" * 1025) is False
    assert people.seen == []
