"""Tokens: what is in them, and that every falsified part is refused."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from locum.identities import tokens
from locum.identities.caller import Role
from locum.identities.tokens import ROLES_CLAIM, Subject, Tokens
from locum.kit.errors import Unauthenticated

KEY = tokens.make_key()
NOW = dt.datetime(2026, 3, 4, 5, 6, 7, 891_234, tzinfo=dt.UTC)
ADA = UUID(int=7)
READ_AT = NOW.timestamp() + 1


@pytest.fixture
def issuer() -> Tokens:
    return Tokens(KEY)


def subject(**changes: Any) -> Subject:
    values: dict[str, Any] = {
        "identity_id": ADA,
        "name": "ada",
        "display_name": "Ada L.",
        "roles": frozenset({Role.ADMIN, Role.USER}),
        "has_factor": True,
        "pending": None,
    }
    return Subject(**{**values, **changes})


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def resigned(changed: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
    """A token with other claims, signed with the right key: only the claims can be the reason to refuse it."""
    token = Tokens(KEY).issue(subject(), now=NOW)
    claims = {k: v for k, v in {**part(token, 1), **changed}.items() if v is not ...}
    head = {**part(token, 0), **(header or {})}
    return jwt.encode(head, claims, key or ECKey.import_key(KEY.reveal()), [head["alg"]])


def refused(issuer: Tokens, token: str, *, now: float = READ_AT) -> None:
    with pytest.raises(Unauthenticated):
        issuer.read(token, now=now)


def test_a_full_token_says_what_scripts_read(issuer: Tokens) -> None:
    token = issuer.issue(subject(), now=NOW)
    found = part(token, 1)
    assert found["exp"] - found["iat"] == 15 * 60
    assert (found["sub"], found["userName"], found["displayName"]) == ("ada", "ada", "Ada L.")
    assert (found["ManagedAccountId"], found["userId"]) == (str(ADA), str(ADA))
    assert found[ROLES_CLAIM] == found["role"] == ["admin", "user"]
    assert (found["hasMFA"], found["isMFA"], found["pending"]) == (True, True, None)
    assert part(token, 0) == {"typ": "JWT", "alg": "ES256", "kid": issuer.public_jwks["keys"][0]["kid"]}


def test_a_pending_token_is_short_and_names_no_role(issuer: Tokens) -> None:
    token = issuer.issue(subject(pending="second_factor"), now=NOW)
    found = part(token, 1)
    assert found["exp"] - found["iat"] == 5 * 60
    assert (found[ROLES_CLAIM], found["role"], found["isMFA"]) == ([], [], False)
    assert issuer.read(token, now=READ_AT).pending == "second_factor"


def test_reading_gives_back_who_and_when(issuer: Tokens) -> None:
    claims = issuer.read(issuer.issue(subject(display_name=None), now=NOW), now=READ_AT)
    assert (claims.identity_id, claims.name, claims.pending, claims.issued_at) == (ADA, "ada", None, NOW)


def test_it_ends(issuer: Tokens) -> None:
    token = issuer.issue(subject(), now=NOW)
    end = int(NOW.timestamp()) + 900
    assert issuer.read(token, now=end - 1).exp == end
    refused(issuer, token, now=end)
    refused(issuer, token, now=NOW.timestamp() - 60)


def test_a_renewed_token_ends_later_but_not_for_ever(issuer: Tokens) -> None:
    end = part(issuer.issue(subject(), now=NOW), 1)["exp"]
    ends = []
    for _ in range(100):
        end_before, end = end, part(issuer.issue(subject(), now=NOW, after=end), 1)["exp"]
        ends.append(end)
    assert ends[0] == int(NOW.timestamp()) + 901
    assert end == end_before == int(NOW.timestamp()) + 910


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"iss": ...},
        {"aud": "other"},
        {"aud": ["locum-api"]},
        {"aud": ...},
        {"exp": ...},
        {"exp": "9999999999"},
        {"exp": 1e400},
        {"nbf": ...},
        {"issued_us": ...},
        {"pending": ...},
        {"pending": "nothing"},
        {"ManagedAccountId": "ada"},
        {"ManagedAccountId": ...},
        {"sub": None},
    ],
)
def test_falsified_claims(issuer: Tokens, changed: dict[str, Any]) -> None:
    refused(issuer, resigned(changed))


def test_the_right_claims_pass(issuer: Tokens) -> None:
    assert issuer.read(resigned({}), now=READ_AT).name == "ada"


def test_falsified_headers_and_keys(issuer: Tokens) -> None:
    refused(issuer, resigned({}, {"kid": "other"}))
    refused(issuer, resigned({}, {"kid": "other"}, ECKey.generate_key("P-256")))
    refused(issuer, resigned({}, {}, ECKey.generate_key("P-256")))
    refused(issuer, resigned({}, {"alg": "RS256"}, RSAKey.generate_key(2048)))
    _, body, _ = resigned({}).split(".")
    head = encoded({**part(resigned({}), 0), "alg": "HS256"})
    for key in (issuer.public_pem.encode(), issuer.public_pem.strip().encode(), b""):
        mac = base64.urlsafe_b64encode(hmac.digest(key, f"{head}.{body}".encode(), "sha256")).decode().rstrip("=")
        refused(issuer, f"{head}.{body}.{mac}")


def test_an_unsigned_token(issuer: Tokens) -> None:
    head, body, signature = issuer.issue(subject(), now=NOW).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for token in (f"{none}.{body}.", f"{head}.{body}.", f"{none}.{body}.{signature}", f"{head}.{body}"):
        refused(issuer, token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 10_000, "e30.e30.e30", "W10.e30.e30", "bnVsbA.e30.e30"]
)
def test_nonsense(issuer: Tokens, token: str) -> None:
    refused(issuer, token)


def test_any_changed_character_is_refused(issuer: Tokens) -> None:
    token = issuer.issue(subject(), now=NOW)
    issuer.read(token, now=READ_AT)
    for place in range(0, len(token) - 1, 7):
        other = "A" if token[place] != "A" else "B"
        refused(issuer, token[:place] + other + token[place + 1 :])


def test_checked_tokens_are_remembered_within_bounds(issuer: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "CACHE_SIZE", 3)
    made = [issuer.issue(subject(), now=NOW) for _ in range(5)]
    for token in made * 2:
        assert issuer.read(token, now=READ_AT).name == "ada"
    assert len(issuer._signer.checked) == 3


def test_the_public_key_checks_a_token_elsewhere(issuer: Tokens) -> None:
    token = issuer.issue(subject(), now=NOW)
    for key in (ECKey.import_key(issuer.public_pem), ECKey.import_key(issuer.public_jwks["keys"][0])):
        assert not key.is_private
        assert jwt.decode(token, key, ["ES256"]).claims["sub"] == "ada"


def test_every_token_has_an_id_of_its_own(issuer: Tokens) -> None:
    ids = {part(issuer.issue(subject(), now=NOW), 1)["jti"] for _ in range(3)}
    assert len(ids) == 3
    assert all(UUID(one) for one in ids)


def test_a_token_is_checked_once_and_the_oldest_are_forgotten(
    issuer: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = []
    real = jwt.decode

    def counted(token: str, *arguments: object) -> object:
        checks.append(token)
        return real(token, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(jwt, "decode", counted)
    monkeypatch.setattr(tokens, "CACHE_SIZE", 2)
    fresh = Tokens(tokens.make_key())
    made = [fresh.issue(subject(), now=NOW) for _ in range(3)]
    for token in (made[0], made[0], made[1], made[0], made[2], made[0], made[1]):
        fresh.read(token, now=READ_AT)
    assert checks == [made[0], made[1], made[2], made[1]], "the one not used for longest makes room"
