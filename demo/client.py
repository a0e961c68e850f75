"""A person with a script: the REST API over HTTPS, nothing but the standard library and a TOTP generator."""

from __future__ import annotations

import json
import math
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pyotp


class Refused(Exception):
    """The API said no; `status` and the problem's words are kept."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem.get('detail') if isinstance(problem, dict) else problem}")
        self.status = status
        self.problem = problem


class Codes:
    """The codes of an authenticator app, each used once. Waits when all that are valid now were used.

    One that is about to run out is left out: whoever checks it may be a while in coming to it.
    """

    LEAST_LIFE_S = 20

    def __init__(self, secret: str, last_step: int = 0) -> None:
        self._totp = pyotp.TOTP(secret)
        self.last_step = last_step

    def next(self) -> str:
        """A code that was not used before: of the step before, the one now, or the one after it."""
        while True:
            now = time.time()
            # A code is taken until the end of the step after its own.
            step = max(self.last_step + 1, math.ceil((now + self.LEAST_LIFE_S) / 30) - 2)
            if step <= now // 30 + 1:
                self.last_step = step
                return self._totp.generate_otp(step)
            time.sleep(0.5)


class Client:
    """One caller of the API."""

    def __init__(self, base: str, ca_certificate: Path) -> None:
        self._base = base
        self._tls = ssl.create_default_context(cafile=str(ca_certificate))
        self.authorization: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Call an operation; the decoded answer, or Refused. A secret comes as plain text."""
        url = self._base + path
        request = urllib.request.Request(url, method=method, headers=headers or {})  # noqa: S310 - always https
        request.add_header("Content-Type", "application/json")
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        request.data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, context=self._tls, timeout=30) as answer:  # noqa: S310
                text, kind = answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            text = error.read()
            raise Refused(error.code, json.loads(text) if text else {}) from None
        if kind == "text/plain":
            return text.decode()
        return json.loads(text) if text else None

    def sign_in(self, login: str, password: str, code: str) -> str:
        """Both steps, as the published examples do them; keeps the token."""
        first = self.call("POST", "/signinBody", {"Login": login, "Password": password})
        self.authorization = f"Bearer {first}"
        token: str = self.call("POST", "/signin2fa", raw=code.encode())
        self.authorization = f"Bearer {token}"
        return token

    def enrol(self, login: str, password: str) -> str:
        """Enrol an authenticator app at the first sign-in; answers its secret."""
        first = self.call("POST", "/signinBody", {"Login": login, "Password": password})
        self.authorization = f"Bearer {first}"
        begun = self.call("POST", "/api/locum/v1/SecondFactor/Totp")
        secret: str = begun["sharedKey"]
        # The step before the present one, so that the present one is still free for the first real sign-in; not in
        # its last seconds, as whoever checks it may be a while in coming to it.
        while time.time() % 30 > 25:
            time.sleep(0.2)
        code = pyotp.TOTP(secret).generate_otp(int(time.time()) // 30 - 1)
        self.call("POST", "/api/locum/v1/SecondFactor/Totp/Confirm", {"code": code})
        self.authorization = None
        return secret

    def wait_for_session(self, session_id: str, statuses: set[int], timeout: float = 60) -> dict[str, Any]:
        """Ask until the session has one of the statuses."""
        deadline = time.monotonic() + timeout
        while True:
            session: dict[str, Any] = self.call("GET", f"/api/v1/ActivitySession/{session_id}")
            if session["status"] in statuses:
                return session
            if time.monotonic() > deadline:
                raise TimeoutError(f"session {session_id} is still {session['status']}: {session}")
            time.sleep(0.05)
