"""Whether a person's connection may go on to a target that shows another host key than the trusted one (RES-11)."""

from __future__ import annotations

from uuid import UUID

from locum.actions.host_key import remember_shown_key
from locum.actions.target import pin_host_key
from locum.kit.db import Tx
from locum.kit.errors import Forbidden
from locum.resources.add import get_resource
from locum.resources.model import TrustAction
from locum.sessions import transition
from locum.sessions.model import LogLevel


def let_key_in(
    tx: Tx, session_id: UUID, resource_id: UUID, *, trusted: str | None, shown: str, thumbprint: str
) -> None:
    """Pin the key that was seen first, where that is allowed, or let it in and say so, as the resource says.

    `trusted` is the one that was pinned when the connection was let in; there is rarely none, because provisioning pins
    the first. Raises Forbidden.
    """
    where = get_resource(tx, resource_id)
    if trusted is None and where.accept_host_key_on_first_discovery:
        pin_host_key(tx, resource_id, key=shown, thumbprint=thumbprint)
    elif not TrustAction(where.ssh_trust_action).lets_in(trusted):
        raise Forbidden("the target's host key is not the trusted one, or none is yet", missing="trusted host key")
    elif where.ssh_trust_action == TrustAction.WARN:
        remember_shown_key(tx, resource_id, key=shown, thumbprint=thumbprint)
        words = (
            f"{where.name} shows another host key than the trusted one, {thumbprint}, and is let in all the same"
        )
        transition.say(tx, session_id, words, LogLevel.WARN)
