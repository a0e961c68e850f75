"""The dialogue of one sign-in over SSH: a password, then a code where the first factor says so (AUTH-03)."""

from __future__ import annotations

from collections.abc import Callable

import asyncssh

from locum.gateway.ssh.names import login_of
from locum.gateway.ssh.relay import printable
from locum.identities.signin import FirstFactor, SignedIn, SignIn
from locum.kit.errors import LocumError, Unauthenticated
from locum.vault.secret import Secret

ATTEMPTS = 3
LONGEST_ANSWER = 1024

PASSWORD_PROMPT = "Password: "
CODE_PROMPT = "Verification code: "
FIRST = {
    "enrol": "a second factor must be enrolled first: sign in to the API of Locum, enrol, and connect again",
    "password_change": "the password must be changed first: sign in to the API of Locum, change it, and connect again",
}
USE_DIALOGUE = "a verification code is needed too: let your client use keyboard-interactive authentication"

Challenge = tuple[str, str, str, list[tuple[str, bool]]]


class Login:
    """Asks, checks and remembers who signed in. One for each client connection; asyncssh calls it in turn.

    A wrong password and a wrong code are told to the person by `tell` and may be tried again, three times in all.
    Everything else (too many attempts, a second factor to enrol) ends the connection with its reason.
    """

    def __init__(self, signin: SignIn, address: str, tell: Callable[[str], None]) -> None:
        self.signed_in: SignedIn | None = None
        self._signin = signin
        self._address = address
        self._tell = tell
        self._failures = 0
        self._first: FirstFactor | None = None

    def ask(self) -> Challenge:
        """The first question of the dialogue, which forgets what was answered before."""
        self._first = None
        return _question(PASSWORD_PROMPT)

    async def answer(self, user_name: str, responses: list[str]) -> bool | Challenge:
        """True: signed in. False: wrong, and may be tried again. A challenge: the code is wanted."""
        first, self._first = self._first, None
        if len(responses) != 1 or len(responses[0]) > LONGEST_ANSWER:
            return self._failed("one answer is expected")
        try:
            if first is None:
                return await self._check_password(user_name, responses[0], may_ask=True)
            self.signed_in = await self._signin.second_factor(first, responses[0], address=self._address)
        except LocumError as error:
            return self._refused(error)
        return True

    async def password(self, user_name: str, password: str) -> bool:
        """The `password` method: for people who need no code."""
        self._first = None
        if len(password) > LONGEST_ANSWER:
            return self._failed("the password is too long")
        try:
            return await self._check_password(user_name, password, may_ask=False) is True
        except LocumError as error:
            return self._refused(error)

    async def _check_password(self, user_name: str, password: str, *, may_ask: bool) -> bool | Challenge:
        first = await self._signin.password(login_of(user_name), Secret(password), address=self._address)
        if first.needs in FIRST:
            raise asyncssh.PermissionDenied(FIRST[first.needs])
        if first.needs == "none":
            self.signed_in = await self._signin.second_factor(first, "", address=self._address)
            return True
        if not may_ask:
            return self._failed(USE_DIALOGUE)
        self._first = first
        return _question(CODE_PROMPT)

    def _refused(self, error: LocumError) -> bool:
        if isinstance(error, Unauthenticated):
            return self._failed(error.detail)
        raise asyncssh.PermissionDenied(printable(error.detail)) from None

    def _failed(self, reason: str) -> bool:
        self._failures += 1
        if self._failures >= ATTEMPTS:
            raise asyncssh.PermissionDenied(printable(reason))
        self._tell(reason)
        return False


def _question(prompt: str) -> Challenge:
    return ("", "", "", [(prompt, False)])
