"""Which passwords may be chosen."""

from __future__ import annotations

import pytest

from locum.identities.password_rules import MAX_LENGTH, check_new
from locum.identities.policy import SignInPolicy
from locum.kit.errors import Invalid
from locum.vault.secret import Secret

RULES = SignInPolicy()
GOOD = "kX8#mz!qLp2w"


def refusal(text: str | bytes, rules: SignInPolicy = RULES, **more: object) -> Invalid:
    with pytest.raises(Invalid) as refused:
        check_new(Secret(text), rules, field="passwordNew", **more)  # type: ignore[arg-type]
    assert refused.value.field == "passwordNew"
    return refused.value


@pytest.mark.parametrize("text", [GOOD, GOOD[:8], "correct horse battery", "vier Äpfel am Weg", (GOOD * 22)[:256]])
def test_what_passes(text: str) -> None:
    check_new(Secret(text), RULES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD[:7], "must have at least 8 characters"),
        ((GOOD * 22)[: MAX_LENGTH + 1], "must have at most 256 characters"),
        (b"\xff" * 20, "is not text"),
        (GOOD + "\0", "has a character that can't be typed"),
    ],
)
def test_its_form(text: str | bytes, words: str) -> None:
    assert refusal(text).detail == f"the new password {words}"


@pytest.mark.parametrize(
    "common",
    ["password123", "P@ssw0rd", "qwertyuiop", "11111111", "letmein12345", "iloveyou1", "zaq12wsx"],
)
def test_common_and_breached_ones(common: str) -> None:
    refused = refusal(common)
    assert "too easy to guess" in refused.detail
    assert common not in refused.detail


def test_one_s_own_name() -> None:
    check_new(Secret("lovelacebyron"), RULES)
    assert "too easy" in refusal("lovelacebyron", personal=["ada", "Lovelacebyron", None]).detail


@pytest.mark.parametrize(
    ("rules", "bad", "good", "words"),
    [
        ({"password_length": 16}, GOOD, GOOD + "!q4T", "at least 16 characters"),
        ({"password_unique": 7}, "kzqwkx kzqwkx qx", GOOD, "at least 7 different characters"),
        ({"password_lowercase": True}, "KX8#MZ!QLP2W", GOOD, "a lower-case letter"),
        ({"password_uppercase": True}, "kx8#mz!qlp2w", GOOD, "an upper-case letter"),
        ({"password_digit": True}, "kX#mz!qLpwjvV", GOOD, "a digit"),
        ({"password_symbol": True}, "kX8mzqLp2wjV", GOOD, "neither letter nor digit"),
    ],
)
def test_each_rule(rules: dict[str, object], bad: str, good: str, words: str) -> None:
    check_new(Secret(bad), RULES)
    refused = refusal(bad, SignInPolicy(**rules))  # type: ignore[arg-type]
    assert words in refused.detail
    assert bad not in refused.detail
    check_new(Secret(good), SignInPolicy(**rules))  # type: ignore[arg-type]


def test_the_bounds_themselves_pass() -> None:
    check_new(Secret("kX8#mz!q"), SignInPolicy(password_length=8, password_unique=8))
    assert "9" in refusal("kX8#mz!q", SignInPolicy(password_length=9)).detail
