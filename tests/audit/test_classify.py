"""What nobody classified is secret."""

from __future__ import annotations

import pytest

from locum.audit.classify import KEYS, WITHHELD, Class, class_of, without_secrets


@pytest.mark.parametrize(("key", "expected"), [("resource", Class.PUBLIC), ("username", Class.SENSITIVE)])
def test_known_keys(key: str, expected: Class) -> None:
    assert class_of(key) is expected


@pytest.mark.parametrize(
    "key", ["password", "secret", "key", "token", "code", "Resource", "resource ", "", "\x00"]
)
def test_unknown_keys_are_secret(key: str) -> None:
    assert class_of(key) is Class.SECRET


def test_values_of_secret_keys_are_withheld_and_the_keys_stay() -> None:
    detail = {"resource": "db1", "username": "svc", "password": "canary", "totp": 123456, "ok": None}
    assert without_secrets(detail) == {
        "resource": "db1",
        "username": "svc",
        "password": WITHHELD,
        "totp": WITHHELD,
        "ok": WITHHELD,
    }


def test_no_key_is_listed_as_secret() -> None:
    assert set(KEYS.values()) == {Class.PUBLIC, Class.SENSITIVE}
