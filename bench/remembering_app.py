"""The peer of the rows of authentication: `locum serve` itself, but a credential once proved is believed from then on.

What is left of a request is all that is not the proof of who calls: TLS, HTTP, routing, the guard, the unit of work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locum.cli.main import main
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Caller
from locum.kit.db import ReadTx
from locum.main import compose


class Remembering(Authenticator):
    """Holds every caller it has seen, for ever: no signature, no digest, no statement after the first time."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._callers: dict[str, Caller] = {}

    def prove(self, credential: str, address: str | None) -> Callable[[ReadTx], Caller]:
        known = self._callers.get(credential)
        if known is not None:
            return lambda tx: known
        look = super().prove(credential, address)

        def first(tx: ReadTx) -> Caller:
            return self._callers.setdefault(credential, look(tx))

        return first


if __name__ == "__main__":
    setattr(compose, "Authenticator", Remembering)  # noqa: B010 - a type checker rightly refuses the plain form
    main()
