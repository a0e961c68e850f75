"""What each verb of the client asks, step by step."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from locum.client.errors import BadAnswer, ClientError, Conflict, NotFound, NotUnique
from locum.client.exchange import Call, Pause, Steps, exchange
from locum.client.values import Credential, Lease, Login, credential_of, lease_of, login_of

CREDENTIALS = "/api/v1/Credential"
EXPLAIN = "/api/locum/v1/AccessControlPolicy/Explain"
LEASED = "/api/locum/v1/Credential"
LEASES = "/api/locum/v1/Lease"
PAGE = 100
MOST_PAGES = 100
_POLL_S = (0.2, 2.0)


def search(text: str = "", take: int = PAGE) -> Steps[list[Credential]]:
    """Up to `take` credentials whose names contain `text`."""
    found: list[Credential] = []
    while len(found) < take:
        page = yield from _page(text, len(found), min(take - len(found), PAGE))
        found += page
        if len(page) < PAGE:
            break
    return found


def find(name_or_id: str | UUID) -> Steps[UUID]:
    """The id of the one credential with that name. Raises NotFound, NotUnique."""
    known = _as_id(name_or_id)
    if known is not None:
        return known
    name = str(name_or_id)
    matches: set[UUID] = set()
    for page_number in range(MOST_PAGES):
        page = yield from _page(_plain(name), page_number * PAGE, PAGE)
        matches |= {row.id for row in page if row.is_called(name)}
        if len(page) < PAGE:
            break
    if not matches:
        raise NotFound(404, "no credential has this name, or none the caller may know of")
    if len(matches) > 1:
        raise NotUnique(f"{len(matches)} credentials have this name: {', '.join(sorted(map(str, matches)))}")
    return matches.pop()


def get_secret(name_or_id: str | UUID) -> Steps[Login]:
    """A credential with its secrets, as `Credential/{id}?showPassword=true` has them."""
    credential_id = yield from find(name_or_id)
    row = yield from exchange(Call("GET", f"{CREDENTIALS}/{credential_id}", {"showPassword": "true"}))
    with _shaped():
        return login_of(row)


def explain_policy(
    user: str,
    activity: str | None = None,
    resource: str | None = None,
    *,
    answers: Mapping[str, str] | None = None,
    at: dt.datetime | None = None,
    **more: str | None,
) -> Steps[dict[str, Any]]:
    """Whether somebody may do something somewhere, or know a credential's secret, and why, as the API has it."""
    asked = {"user": user}
    more |= {"activity": activity, "resource": resource}
    more["answers"] = json.dumps(dict(answers)) if answers else None
    more["at"] = at.isoformat() if at else None
    asked |= {key: value for key, value in more.items() if value}
    found = yield from exchange(Call("GET", EXPLAIN, asked))
    if not isinstance(found, dict):
        raise BadAnswer("the answer is no explanation")
    return found


def check_out(name_or_id: str | UUID, wait: float, *, revealed: bool, **body: Any) -> Steps[Lease]:
    """Check out, wait until the lease is active, and fetch the secret if it is to be `revealed`.

    What fails after the first step is checked in.
    """
    credential_id = yield from find(name_or_id)
    asked = {key: value for key, value in body.items() if value is not None}
    made = yield from exchange(Call("POST", f"{LEASED}/{credential_id}/CheckOut", body=asked, repeatable=False))
    with _shaped():
        lease = lease_of(made)
    try:
        lease = yield from _until_active(lease, wait)
        if not revealed:
            return lease
        secret = yield from exchange(Call("GET", f"{LEASES}/{lease.id}/Secret"))
        with _shaped():
            return dataclasses.replace(lease, login=login_of(secret))
    except GeneratorExit:
        raise
    except BaseException:  # also who is interrupted while waiting must not keep it from others
        yield from _give_back(lease.id)
        raise


def check_in(lease_id: str | UUID) -> Steps[Lease]:
    """End a lease. Once more changes nothing."""
    row = yield from exchange(Call("POST", f"{LEASES}/{lease_id}/CheckIn"))
    with _shaped():
        return lease_of(row)


def extend(lease_id: str | UUID, minutes: int) -> Steps[Lease]:
    """Let a lease last `minutes` from now."""
    row = yield from exchange(Call("PUT", f"{LEASES}/{lease_id}/Extend", body={"minutes": minutes}))
    with _shaped():
        return lease_of(row)


def leases() -> Steps[list[Lease]]:
    """One's own leases that have not ended."""
    answer = yield from exchange(Call("GET", LEASES, {"live": "true", "take": PAGE}))
    with _shaped():
        return [lease_of(row) for row in answer["data"]]


def rotate(name_or_id: str | UUID) -> Steps[None]:
    """Ask for a change of the secret on its target; it is made soon after."""
    credential_id = yield from find(name_or_id)
    yield from exchange(Call("POST", f"{LEASED}/{credential_id}/Rotate", repeatable=False))


def _page(text: str, skip: int, take: int) -> Steps[list[Credential]]:
    query: dict[str, str | int] = {"filterText": text, "skip": skip, "take": take}
    answer = yield from exchange(Call("GET", f"{CREDENTIALS}/Search", query))
    with _shaped():
        return [credential_of(row) for row in answer["data"]]


def _until_active(lease: Lease, wait: float) -> Steps[Lease]:
    waited, pause = 0.0, _POLL_S[0]
    while lease.state == "intended":
        if waited >= wait:
            raise Conflict(
                409, f"the secret was not ready within {wait:.0f} s: {lease.last_error or 'it is changed'}"
            )
        yield Pause(pause)
        waited, pause = waited + pause, min(pause * 1.5, _POLL_S[1])
        row = yield from exchange(Call("GET", f"{LEASES}/{lease.id}"))
        with _shaped():
            lease = lease_of(row)
    if lease.state != "active":
        raise Conflict(409, lease.end_reason or "the lease has ended")
    return lease


def _give_back(lease_id: UUID) -> Steps[None]:
    """The first failure is what matters; a lease that can't be given back now ends by its time."""
    try:
        yield from check_in(lease_id)
    except ClientError:
        return


def _as_id(name_or_id: str | UUID) -> UUID | None:
    try:
        return name_or_id if isinstance(name_or_id, UUID) else UUID(name_or_id)
    except ValueError:
        return None


def _plain(name: str) -> str:
    r"""What of `DOMAIN\user` or `user@domain` the search finds."""
    return name.rpartition("\\")[2].partition("@")[0] or name


@contextmanager
def _shaped() -> Iterator[None]:
    """An answer of another shape than Locum's is one kind of failure, and its content is in no message."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadAnswer("the answer has not the shape that Locum's has") from None
