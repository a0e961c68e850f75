"""Gives out tokens: for the next step of a sign-in, and for a complete one, which is written down with its first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from locum.identities import signing_key, signins
from locum.identities.caller import Pending
from locum.identities.digests import KeyedDigest
from locum.identities.people import get, login_of, roles_of
from locum.identities.tokens import Subject, Tokens
from locum.kit.db import ReadTx, Tx
from locum.vault.secret import Secret
from locum.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Opened:
    """What a complete sign-in is used with: a token, or the cookie in its place."""

    token: str
    cookie: Secret
    ends_at: dt.datetime


class TokenIssuer:
    """Issues with the signing key that counts at that moment."""

    def __init__(self, tokens: Tokens, vault: Vault, digest: KeyedDigest) -> None:
        self._tokens = tokens
        self._vault = vault
        self._digest = digest

    def pending(self, tx: ReadTx, identity_id: UUID, *, pending: Pending) -> str:
        """The token of a sign-in that is not complete: good for its next step and nothing else (SEC-07)."""
        return self._issue(tx, identity_id, pending=pending)

    def open(
        self,
        tx: Tx,
        identity_id: UUID,
        *,
        method: signins.Method,
        address: str | None,
        client: str | None,
        api_key_id: UUID | None = None,
    ) -> Opened:
        """Write down the complete sign-in of somebody whose proof was checked; an application's ends with its key."""
        begun = signins.begin(
            tx,
            self._digest,
            identity_id=identity_id,
            method=method,
            address=address,
            client=client,
            api_key_id=api_key_id,
        )
        token = self._issue(tx, identity_id, sign_in_id=begun.id, ends_at=begun.ends_at)
        return Opened(token, begun.cookie, begun.ends_at)

    def renew(self, tx: ReadTx, identity_id: UUID, sign_in_id: UUID, *, after: int = 0) -> str:
        """A later token of the same sign-in; `after` = the end of the one it replaces (AUTH-08).

        A lock after wrong tries does not stop a renewal: a stranger could end other people's sign-ins with it. Raises
        Unauthenticated where the sign-in has ended.
        """
        ends_at = signins.end_of(tx, sign_in_id)
        return self._issue(tx, identity_id, sign_in_id=sign_in_id, ends_at=ends_at, after=after)

    def _issue(
        self,
        tx: ReadTx,
        identity_id: UUID,
        *,
        pending: Pending | None = None,
        sign_in_id: UUID | None = None,
        ends_at: dt.datetime | None = None,
        after: int = 0,
    ) -> str:
        signing_key.follow(tx, self._vault, self._tokens)
        who = get(tx, identity_id)
        login = login_of(tx, identity_id)
        subject = Subject(
            identity_id=identity_id,
            name=who.name,
            display_name=who.display_name,
            roles=roles_of(tx, identity_id),
            has_factor=login is not None and login.has_factor,
            pending=pending,
            sign_in_id=sign_in_id,
            ends_at=ends_at,
        )
        return self._tokens.issue(subject, now=tx.now, after=after)
