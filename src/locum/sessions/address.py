"""PURE: the SSH address of a session, bound to it: usable again and again until the session ends."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID


def user_part(user: str, activity: str, resource: str, session_id: UUID, token: str | None = None) -> str:
    """The direct-connect name whose last field names the session, for the user part of an `ssh://` URL. `token` lets
    one connection in without a sign-in.

    The `+` between fields stays as it is; everything else that a URL can't hold is percent-encoded.
    """
    fields = (
        quote(user, safe=""),
        quote(activity.replace(" ", "_"), safe=""),
        quote(resource.replace(" ", "_"), safe=""),
        f"~{session_id}.{token}" if token else f"~{session_id}",
    )
    return "+".join(fields)


def ssh_url(
    user: str, activity: str, resource: str, session_id: UUID, *, gateway: str, token: str | None = None
) -> str:
    """`ssh://<user part>@<gateway>`; `gateway` is HOST:PORT."""
    return f"ssh://{user_part(user, activity, resource, session_id, token)}@{gateway}"
