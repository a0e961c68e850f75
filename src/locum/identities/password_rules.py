"""What a new password must be like (AUTH-22): the installation's rules, and never one that is easy to guess.

Common and breached passwords, and variations of them, of words, names and keyboard patterns, are told by zxcvbn.
"""

from __future__ import annotations

from collections.abc import Iterable

from locum.identities.policy import SignInPolicy
from locum.kit.errors import Invalid
from locum.vault.secret import Secret

MAX_LENGTH = 256  # characters
# zxcvbn's scale is 0 to 4: below 2, a million guesses find the password, and a lock alone would have to hold.
LEAST_SCORE = 2
_LOOKED_AT = 72  # characters zxcvbn looks at: it takes the square of the length, and more makes nothing weaker


def check_new(
    password: Secret, rules: SignInPolicy, *, personal: Iterable[str | None] = (), field: str | None = None
) -> None:
    """Raise Invalid, which names `field` and the rule, never the password. `personal`: names that must not be it."""
    try:
        text = password.reveal_text()
    except UnicodeDecodeError as error:
        raise Invalid("the new password is not text", field=field) from error
    broken = _broken(text, rules)
    if broken is not None:
        raise Invalid(f"the new password {broken}", field=field)
    from zxcvbn import zxcvbn  # imported late: its lists cost every start 35 ms, and a new password is rare

    found = zxcvbn(text[:_LOOKED_AT], user_inputs=[name for name in personal if name])
    if found["score"] < LEAST_SCORE:
        why = found["feedback"]["warning"] or "It is too easy to guess."
        raise Invalid(f"the new password is too easy to guess. {why}", field=field)


def _broken(text: str, rules: SignInPolicy) -> str | None:
    """The first rule of form that the text breaks, in words."""
    if len(text) < rules.password_length:
        return f"must have at least {rules.password_length} characters"
    if len(text) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters"
    if "\0" in text:
        return "has a character that can't be typed"
    if len(set(text)) < rules.password_unique:
        return f"must have at least {rules.password_unique} different characters"
    wanted = (
        (rules.password_lowercase, str.islower, "a lower-case letter"),
        (rules.password_uppercase, str.isupper, "an upper-case letter"),
        (rules.password_digit, str.isdigit, "a digit"),
        (rules.password_symbol, lambda c: not c.isalnum(), "a character that is neither letter nor digit"),
    )
    for needed, is_one, what in wanted:
        if needed and not any(is_one(character) for character in text):
            return f"must have {what}"
    return None
