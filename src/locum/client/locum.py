"""The client that waits. `AsyncLocum` has the same verbs to be awaited."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx

from locum.client import steps, wire
from locum.client.address import Certificate, address
from locum.client.errors import ClientError
from locum.client.exchange import Answer, Call, Failure, Pause, Steps
from locum.client.values import Credential, Lease, Login, Secret

T = TypeVar("T")


class Locum:
    """Fetches secrets over the REST API with an application's API key.

        with Locum() as locum:
            password = locum.get_secret("deploy").password

    What is not given comes from the environment: LOCUM_URL, LOCUM_API_KEY_FILE or LOCUM_API_KEY, LOCUM_CA_FILE. One
    client may be used by several threads. Every verb raises ClientError.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | Secret | None = None,
        api_key_file: str | Path | None = None,
        ca_file: str | Path | None = None,
        certificate: Certificate | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._address = address(url, api_key, api_key_file, ca_file, certificate)
        self._http = httpx.Client(**wire.options(self._address, timeout))
        self._proof: Secret | None = None

    def __repr__(self) -> str:
        return f"Locum({self._address.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def search(self, text: str = "", *, take: int = steps.PAGE) -> list[Credential]:
        """Up to `take` credentials whose names contain `text`."""
        return self._run(steps.search(text, take))

    def explain_policy(
        self,
        user: str,
        activity: str | None = None,
        resource: str | None = None,
        *,
        credential: str | None = None,
        policy: str | None = None,
        note: str | None = None,
        ticket: str | None = None,
        answers: Mapping[str, str] | None = None,
        address: str | None = None,
        at: dt.datetime | None = None,
    ) -> dict[str, Any]:
        """Whether `user` may do `activity` on `resource`, or know the secret of `credential`, and why.

        Each is a name or an id, and a credential instead of the other two may be a login, `domain\\username`.
        `answers` are to the connection profile's custom fields. Without `address` it is not asked from where; `at` has
        its zone, and without it a start now is meant. The answer is that of AccessControlPolicy/Explain: `outcome` is
        "allowed", "needs approval" or "denied".
        """
        return self._run(
            steps.explain_policy(
                user,
                activity,
                resource,
                credential=credential,
                policy=policy,
                note=note,
                ticket=ticket,
                answers=answers,
                address=address,
                at=at,
            )
        )

    def get_secret(self, name_or_id: str | UUID) -> Login:
        """A credential with its secrets."""
        return self._run(steps.get_secret(name_or_id))

    @contextmanager
    def check_out(
        self,
        name_or_id: str | UUID,
        *,
        minutes: int | None = None,
        exclusive: bool = True,
        note: str | None = None,
        ticket: str | None = None,
        wait: float = 60.0,
    ) -> Iterator[Lease]:
        """Check a credential out for the block, and in again after it. The lease's `login` has the secrets.

        `wait`: how many seconds a change of the secret before it is given out may take.
        """
        asked = {"minutes": minutes, "exclusive": exclusive, "note": note, "ticket": ticket}
        lease = self._run(steps.check_out(name_or_id, wait, revealed=True, **asked))
        try:
            yield lease
        except BaseException:
            with suppress(ClientError):  # the block's own failure is what matters; time ends the lease
                self.check_in(lease.id)
            raise
        self.check_in(lease.id)

    def begin_check_out(
        self,
        name_or_id: str | UUID,
        *,
        minutes: int | None = None,
        exclusive: bool = True,
        note: str | None = None,
        ticket: str | None = None,
        wait: float = 60.0,
    ) -> Lease:
        """A lease without its secret and without its end: `check_in` it, or its time ends it."""
        asked = {"minutes": minutes, "exclusive": exclusive, "note": note, "ticket": ticket}
        return self._run(steps.check_out(name_or_id, wait, revealed=False, **asked))

    def check_in(self, lease_id: str | UUID) -> Lease:
        """End a lease before its time."""
        return self._run(steps.check_in(lease_id))

    def extend(self, lease_id: str | UUID, minutes: int) -> Lease:
        """Let a lease last `minutes` from now."""
        return self._run(steps.extend(lease_id, minutes))

    def leases(self) -> list[Lease]:
        """One's own leases that have not ended."""
        return self._run(steps.leases())

    def rotate(self, name_or_id: str | UUID) -> None:
        """Ask for a change of the secret on its target."""
        self._run(steps.rotate(name_or_id))

    def _run(self, plan: Steps[T]) -> T:
        """Do what the steps say. What interrupts them is told to them too: they may have something to give back."""
        outcome: Answer | Failure | None = None
        raised: BaseException | None = None
        while True:
            try:
                step = plan.send(outcome) if raised is None else plan.throw(raised)
            except StopIteration as end:
                done: T = end.value
                return done
            outcome = raised = None
            try:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                else:
                    outcome = self._send(step)
            except BaseException as error:  # noqa: BLE001 - it comes out of the steps again
                raised = error

    def _send(self, call: Call) -> Answer | Failure:
        """A token that has ended is renewed once; what was refused for it was not done."""
        try:
            first = self._once(call)
            if self._address.certificate is None or call.path == wire.SIGN_IN or not wire.unauthorized(first):
                return first
            self._proof = None
            return self._once(call)
        except ClientError as error:  # from the sign-in
            return Failure(error)

    def _once(self, call: Call) -> Answer | Failure:
        if self._proof is None and call.path != wire.SIGN_IN:
            self._proof = self._run(wire.sign_in(self._address))
        try:
            return wire.answer(self._http.send(wire.request(self._http, call, self._proof)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return wire.failure(error)
