"""PURE. The user name of an SSH connection says who signs in and what to open (PRX-03).

    user+activity+resource[+policy[+notes]]     typed by hand; starts a session that ends with its connection
    user:activity:resource[:policy[:notes]]     the same, for tools that dislike `+`
    user                                        asks at a terminal what to open
    user+activity+resource+~<session id>        a session that exists already, as sessions.address writes it
    user+activity+resource+~<session id>.<token>  the same, in a link that spares the sign-in once

`_` may stand for a space in activity and resource names, so both are handed on as typed: whoever looks them up
compares with spaces and underscores taken as equal. An empty policy keeps its `+` (`a+b+c++notes`), and one leading
backslash, which some clients need, is dropped. The user may be `DOMAIN\\user` or `user@domain`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote
from uuid import UUID

from locum.kit.errors import Invalid
from locum.sessions.connections import Wanted
from locum.vault.secret import Secret

FORM = "user+activity+resource@…, for example alice+Linux_sudo+web01@… (+policy and +notes may follow)"

_UUID = r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
_TOKEN = r"[0-9A-Za-z_-]*"  # of any length: one that was cut off is no good, and no policy's name either
_BOUND = re.compile(rf"(?P<head>.+)(?P<separator>\+| |%2[Bb])~(?P<id>{_UUID})(\.(?P<token>{_TOKEN}))?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_bare(user_name: str) -> bool:
    """Whether the name is that of a person and says nothing of what to open."""
    name = _unprefixed(user_name).strip()
    return bool(name) and not (set(name) & set("+:~") or _CONTROL.search(name) or name.count(" ") == 2)


def login_of(user_name: str) -> str:
    """The part that names the person, also of a name that `parse` refuses: sign-in comes before any complaint."""
    try:
        return parse(user_name).user
    except Invalid:
        name = _unprefixed(user_name)
        return name.split("+" if "+" in name else ":", 1)[0]


def parse(user_name: str) -> Wanted:
    """What the name asks for. Raises Invalid with words that show the form."""
    if _CONTROL.search(user_name):
        raise Invalid("the user name holds control characters")
    name = _unprefixed(user_name)
    bound = _BOUND.fullmatch(name)
    if bound is not None:
        token = Secret(bound["token"]) if bound["token"] else None
        return replace(_parse_bound(bound["head"], bound["separator"], UUID(bound["id"])), token=token)
    separator = "+"
    if "+" not in name and name.count(" ") == 2 and ":" not in name:
        separator = " "  # `ssh ssh://user+activity+resource@…`: OpenSSH decodes `+` as a form does
    elif "+" not in name:
        separator = ":"
    fields = [field.strip() for field in name.split(separator, 4)]
    if len(fields) < 3 or not all(fields[:3]):
        raise Invalid(f"the user name must say what to open: {FORM}")
    user, activity, resource, policy, notes = (*fields, "", "")[:5]
    return Wanted(user, activity, resource, policy or None, notes or None)


def _unprefixed(user_name: str) -> str:
    return user_name.removeprefix("\\")


def _parse_bound(head: str, separator: str, session_id: UUID) -> Wanted:
    """Clients hand on the user part of a URL in three ways: as it is, encoded once more, and decoded as a form,
    where `+` became a space (OpenSSH does that). The separator before the session id tells which.

    Activity and resource are cut off from the right where a space separates, for a user may have a space in it.
    """
    if separator == " ":
        fields = head.rsplit(" ", 2)
    else:
        first, *middle = (head if separator == "+" else unquote(head)).split("+")
        fields = [unquote(first), unquote("+".join(middle[:-1])), unquote(middle[-1])] if middle else []
    if len(fields) != 3 or not all(fields) or _CONTROL.search("".join(fields)):
        raise Invalid(f"the user name must say what to open: {FORM}")
    user, activity, resource = fields
    return Wanted(user, activity, resource, session_id=session_id)
