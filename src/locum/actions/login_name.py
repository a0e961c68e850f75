"""PURE: what a session's login is called, and which names a platform takes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from locum.actions.login_template import parse
from locum.kit.errors import Invalid

_LINUX = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_REQUESTER = ("domain\\samaccountname", "userprincipalname", "email", "samaccountname")
"""By the number of RequesterFormat; the last, Custom, is the template's."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of a person and of the resource; None or "" where nothing is."""

    name: str
    sam_account_name: str | None
    user_principal_name: str | None
    email: str | None
    department: str | None
    display_name: str | None
    resource_name: str
    resource_dns_name: str | None
    session_id: str


def mask_values(of: Named) -> dict[str, str]:
    """What each mask of a template stands for (A.8)."""
    domain, _, account = of.name.rpartition("\\")
    upn_user, _, upn_domain = (of.user_principal_name or "").partition("@")
    mail_user, _, mail_domain = (of.email or "").partition("@")
    shown = (of.display_name or "").strip()
    first, _, last = shown.partition(" ")
    dns_name = of.resource_dns_name or of.resource_name
    host, _, host_domain = dns_name.partition(".")
    known = {
        "domain": domain or upn_domain,
        "targetdomain": host_domain,
        "targetdomainname": host_domain,
        "samaccountname": of.sam_account_name or account.partition("@")[0],
        "userprincipalname": of.user_principal_name,
        "upn-username": upn_user,
        "upn-domain": upn_domain,
        "email": of.email,
        "email-username": mail_user,
        "email-domain": mail_domain,
        "department": of.department,
        "displayname": shown,
        "fullname": shown,
        "firstname": first,
        "lastname": last.strip(),
        "hostname": host,
        "dnshostname": dns_name,
        "fqdn": dns_name,
        "sessionid": of.session_id.replace("-", ""),
    }
    return {mask: value or "" for mask, value in known.items()}


def from_template(template: str, of: Named, connector: str) -> str:
    """The template's name for this person, resource and session. Raises Invalid where the platform takes no such
    name."""
    return checked(parse(template).fill(mask_values(of)), connector)


def own_login(requester_format: int, template: str | None, of: Named, connector: str) -> str:
    """What the person's own account is called on the target (A.6). Raises Invalid."""
    if requester_format == len(_REQUESTER):
        if not template:
            raise Invalid("the activity says that its template names the account, and has none")
        return from_template(template, of, connector)
    values = mask_values(of)
    return checked("\\".join(values[mask] for mask in _REQUESTER[requester_format].split("\\")), connector)


def checked(login: str, connector: str) -> str:
    """The name, if an account on that platform may be called so. Linux names are in small letters."""
    match connector:
        case "linux":
            login = login.lower()
            if not _LINUX.fullmatch(login):
                raise _bad("on Linux: up to 32 of a-z, 0-9, _ and -, beginning with a letter or _")
        case "postgresql":
            if not 0 < len(login.encode(errors="replace")) <= 63 or login.startswith("pg_"):
                raise _bad("in PostgreSQL: 1 to 63 bytes, not beginning with pg_")
        case _:
            if not 0 < len(login) <= 80:
                raise _bad("in MariaDB: 1 to 80 letters")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in login):
        raise _bad("anywhere: no line breaks and control characters")
    return login


def _bad(where: str) -> Invalid:
    return Invalid(f"the activity's login template makes a name that no account can have {where}")
