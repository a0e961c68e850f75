"""PURE. Which second factor a sign-in asks for: the person's setting, their groups', the installation's (AUTH-13).

The first that says something counts:

1. what was set for the person: a connector of their own, or that no factor is needed
2. a connector of a group they are in; of several groups, the one whose connector comes first by name
3. that the person needs a factor of Locum's own, or the installation's rule says so

A connector is another system that checks the factor (RADIUS, OpenID Connect, SAML). Decision 0008 says what one has to
do and where it comes in; none is built yet, and no group has members, so that today 1 and 3 decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class SecondFactor(StrEnum):
    """What an administrator set for one person. Absent means that groups and the installation's rule decide."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"


class Asked(StrEnum):
    """OWN: one of Locum's own factors must be there. IF_ENROLLED: asked of who has one. NOTHING: any code passes."""

    NOTHING = "nothing"
    OWN = "own"
    IF_ENROLLED = "if_enrolled"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True)
class Connector:
    """Another system that checks the factor, by the name it was given."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`connector` is set where one is asked."""

    asked: Asked
    connector: Connector | None = None


def choose(*, own: SecondFactor | Connector | None, groups: Sequence[Connector | None], required: bool) -> Choice:
    """The factor of one sign-in. `groups`: each group's connector, None for a group without one; `required`: the
    installation's rule for people without a setting of their own."""
    if isinstance(own, Connector):
        return Choice(Asked.CONNECTOR, own)
    if own is SecondFactor.NOT_REQUIRED:
        return Choice(Asked.NOTHING)
    of_groups = [connector for connector in groups if connector is not None]
    if of_groups:
        return Choice(Asked.CONNECTOR, min(of_groups, key=lambda c: (c.name.casefold(), c.name, c.id)))
    return Choice(Asked.OWN if own is SecondFactor.REQUIRED or required else Asked.IF_ENROLLED)
