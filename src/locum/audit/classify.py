"""PURE. What may stand in an event's detail: a key that is not in this table is secret, and its value is withheld."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

WITHHELD = "(withheld)"

Detail = Mapping[str, str | int | bool | None]


class Class(StrEnum):
    """PUBLIC may be shown to anybody who may know of the event; SENSITIVE stays inside the audit log."""

    PUBLIC = "public"
    SENSITIVE = "sensitive"
    SECRET = "secret"


_PUBLIC = (
    "activities activity api_key_name application approval attempt before command connection count days deadline"
    " factor fields forced identities identity kind minutes missing must_change name operation outcome permissions"
    " platform policies policy protocol reason recording resource resources role roles session state step thumbprint"
    # The id of a root key, which says nothing of the key.
    " root_key"
    # How somebody signed in, a registered SSH key, and what such keys prove under a connection profile.
    " by fingerprint ssh_key_use trusted"
    # Check-out of credentials.
    " exclusive lease"
    # The id of a rotation.
    " rotation"
    # What a policy joins besides.
    " activity_group collection credentials resource_group"
    # A look at who has which access.
    " certification"
    # A file that was moved, or a forwarded connection.
    " bytes sha256 received sent"
    # Which secret of a credential, and which version of it.
    " parts version"
    # Whether a host may be spoken to in weak ways.
    " allowed"
    # A command that was restricted: by which rule, and what came of it.
    " action restriction rule"
)
_SENSITIVE = "address asked destination domain email file group host login port typed username"

KEYS: dict[str, Class] = {
    **dict.fromkeys(_PUBLIC.split(), Class.PUBLIC),
    **dict.fromkeys(_SENSITIVE.split(), Class.SENSITIVE),
}


def class_of(key: str) -> Class:
    """The class of a detail key; SECRET if nobody classified it."""
    return KEYS.get(key, Class.SECRET)


def without_secrets(detail: Detail) -> dict[str, str | int | bool | None]:
    """`detail` with the value of each secret key withheld; the key stays, so that its loss is noticed."""
    return {key: WITHHELD if class_of(key) is Class.SECRET else value for key, value in detail.items()}
