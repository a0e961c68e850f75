"""One sign-in over SSH: a password or an SSH key, then a code where the first factor says so (AUTH-03)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncssh

from locum.gateway.ssh.gate import SignInSteps
from locum.gateway.ssh.names import login_of, parse
from locum.gateway.ssh.relay import printable
from locum.identities.signin import FirstFactor, SignedIn, SshKey
from locum.kit.errors import Invalid, LocumError, Unauthenticated
from locum.sessions.connections import SshKeyUse, Wanted, takes_for_both
from locum.vault.secret import Secret

ATTEMPTS = 3
KEY_ATTEMPTS = 10
LONGEST_ANSWER = 1024

PASSWORD_PROMPT = "Password: "
CODE_PROMPT = "Verification code: "
FIRST = {
    "enrol": "a second factor must be enrolled first: sign in to the API of Locum, enrol, and connect again",
    "password_change": "the password must be changed first: sign in to the API of Locum, change it, and connect again",
}
NO_KEYS = "the connection profile of this session takes no SSH keys: use your password"
TOO_MANY_KEYS = "too many SSH keys were offered: name the right one with -i and -o IdentitiesOnly=yes"
USE_DIALOGUE = "a verification code is needed too: let your client use keyboard-interactive authentication"

KeyUse = Callable[[UUID, Wanted, str], Awaitable[SshKeyUse]]
Challenge = tuple[str, str, str, list[tuple[str, bool]]]


class Login:
    """Asks, checks and remembers who signed in. One for each client connection; asyncssh calls it in turn.

    A wrong password and a wrong code are told to the person by `tell` and may be tried again, three times in all.
    Everything else (too many attempts, a second factor to enrol) ends the connection with its reason. Clients offer
    every key they have, so a key that is not taken is no wrong try; only their number is limited. `key_use` says what
    a key is worth for what is to be opened.
    """

    def __init__(self, signin: SignInSteps, key_use: KeyUse, address: str, tell: Callable[[str], None]) -> None:
        self.signed_in: SignedIn | None = None
        self._signin = signin
        self._key_use = key_use
        self._address = address
        self._tell = tell
        self._failures = 0
        self._keys = 0
        self._first: FirstFactor | None = None
        self._proven: FirstFactor | None = None

    def begin(self) -> None:
        """The client names another user, or something else to open: nothing proven before counts for that."""
        self._first = self._proven = self.signed_in = None

    @property
    def code_owed(self) -> bool:
        """Whether a key was proven whose code is still to come. Nothing else can be done until then."""
        return self._proven is not None and self.signed_in is None

    async def key_offered(self, user_name: str, key: str | None) -> bool:
        """Whether the person has registered this key ("algorithm base64"), which proves nothing yet (SEC-03)."""
        return await self._registered(user_name, key) is not None

    async def key_proven(self, user_name: str, key: str) -> bool:
        """A signature of this key was verified. True: it is taken, and `code_owed` says whether that is enough."""
        held = await self._registered(user_name, key, counts=False)
        if held is None:
            return False
        try:
            use = await self._use(held, user_name)
            if use is SshKeyUse.OFF:
                self._tell(NO_KEYS)
                return False
            both = takes_for_both(use, held.proof)
            settled = await self._signin.proven_ssh_key(held, both_factors=both, address=self._address)
        except LocumError as error:
            return self._refused(error)
        if isinstance(settled, SignedIn):
            self.signed_in = settled
        elif settled.needs in FIRST:
            raise asyncssh.PermissionDenied(FIRST[settled.needs])
        else:
            self._proven = settled
        return True

    async def _registered(self, user_name: str, key: str | None, *, counts: bool = True) -> SshKey | None:
        self._keys += counts
        if self._keys > KEY_ATTEMPTS:
            raise asyncssh.PermissionDenied(TOO_MANY_KEYS)
        return None if key is None else await self._signin.ssh_key(login_of(user_name), key)

    async def _use(self, key: SshKey, user_name: str) -> SshKeyUse:
        try:
            wanted = parse(user_name)
        except Invalid:
            return SshKeyUse.FIRST
        return await self._key_use(key.identity_id, wanted, self._address)

    def ask(self) -> Challenge:
        """The first question of the dialogue, which forgets what was answered before, but no proven key."""
        self._first = self._proven
        return _question(PASSWORD_PROMPT if self._proven is None else CODE_PROMPT)

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
