"""The installation's rules of signing in."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.identities import policy
from locum.identities.policy import SignInPolicy
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid

ADMIN = Actor(None, "admin")


def load(database: Database) -> SignInPolicy:
    return database.submit_read(policy.load).result()


def test_the_defaults(database: Database) -> None:
    assert load(database) == SignInPolicy(
        user_mfa="required",
        idle_minutes=10,
        longest_hours=12,
        reveal_api_keys=True,
        password_length=8,
        password_unique=1,
        password_lowercase=False,
        password_uppercase=False,
        password_digit=False,
        password_symbol=False,
        password_history=5,
        password_days=0,
    )


def test_second_factor_required_unless_said_otherwise(database: Database) -> None:
    for value in ("optional", "required", "optional", "optional"):
        database.submit_write(policy.set_user_mfa, value).result()
        assert load(database).user_mfa == value


OTHER = {
    "user_mfa": "optional",
    "idle_minutes": 30,
    "longest_hours": 24,
    "reveal_api_keys": False,
    "password_length": 14,
    "password_unique": 6,
    "password_lowercase": True,
    "password_uppercase": True,
    "password_digit": True,
    "password_symbol": True,
    "password_history": 24,
    "password_days": 90,
}


@pytest.mark.parametrize("name", OTHER)
def test_each_rule_by_itself(database: Database, name: str) -> None:
    before = load(database)
    after = database.submit_write(policy.change, ADMIN, **{name: OTHER[name]}).result()
    assert after == load(database) == msgspec.structs.replace(before, **{name: OTHER[name]})
    nothing = dict.fromkeys(OTHER)
    assert database.submit_write(policy.change, ADMIN, **nothing).result() == after
    rows = sa.select(audit_event.c.detail).where(audit_event.c.action == "signin_policy.changed")
    assert database.submit_read(lambda tx: tx.scalars(rows)).result() == [
        f'{{"name":"{name}","state":"{OTHER[name]}"}}'
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idle_minutes", 0),
        ("idle_minutes", 1441),
        ("longest_hours", 0),
        ("longest_hours", 169),
        ("password_length", 7),
        ("password_length", 129),
        ("password_unique", 0),
        ("password_unique", 33),
        ("password_history", -1),
        ("password_history", 25),
        ("password_days", -1),
        ("password_days", 3651),
    ],
)
def test_bounds(database: Database, name: str, value: int) -> None:
    before = load(database)
    with pytest.raises(Invalid) as refused:
        database.submit_write(policy.change, ADMIN, user_mfa="optional", **{name: value}).result()
    assert refused.value.field == name
    assert refused.value.detail.startswith("expected")
    assert load(database) == before


def test_revealing_is_switched_off_for_good(database: Database) -> None:
    database.submit_write(policy.change, ADMIN, reveal_api_keys=True).result()
    database.submit_write(policy.change, ADMIN, reveal_api_keys=False).result()
    with pytest.raises(Conflict, match="for good"):
        database.submit_write(policy.change, ADMIN, reveal_api_keys=True, idle_minutes=20).result()
    assert (load(database).reveal_api_keys, load(database).idle_minutes) == (False, 10)
    database.submit_write(policy.change, ADMIN, reveal_api_keys=False, idle_minutes=20).result()
    assert load(database).idle_minutes == 20
