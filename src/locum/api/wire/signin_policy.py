"""The rules of signing in."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import In, Out
from locum.api.wire.enums import SecondFactorRequirement


class SignInRules(Out):
    """Times in minutes, hours and days. A password that never ends has `passwordDays` 0."""

    second_factor_required: bool
    idle_minutes: int
    longest_hours: int
    reveal_api_keys: bool
    password_length: int
    password_unique: int
    password_lowercase: bool
    password_uppercase: bool
    password_digit: bool
    password_symbol: bool
    password_history: int
    password_days: int


class PasswordRules(Out):
    """Besides, a password must not be easy to guess, nor one of the last `passwordHistory`."""

    password_length: int = 0
    password_unique: int = 0
    password_lowercase: bool = False
    password_uppercase: bool = False
    password_digit: bool = False
    password_symbol: bool = False
    password_history: int = 0


class SignInRulesIn(In):
    """Only what is to change."""

    second_factor_required: bool | None = None
    idle_minutes: int | None = None
    longest_hours: int | None = None
    reveal_api_keys: bool | None = None
    password_length: int | None = None
    password_unique: int | None = None
    password_lowercase: bool | None = None
    password_uppercase: bool | None = None
    password_digit: bool | None = None
    password_symbol: bool | None = None
    password_history: int | None = None
    password_days: int | None = None


class SecondFactorRule(Out):
    identity_id: UUID
    requirement: SecondFactorRequirement


class SecondFactorRuleIn(In):
    requirement: SecondFactorRequirement
