"""Who may call an operation: the contract's role strings as a few names, and the check every request passes.

An operation without a `Who` and, unless it belongs to the sign-in itself, a permission stops the server from
starting (SEC-11). A completed second factor is asked for everywhere, whatever the contract's `mfa_required` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from locum.identities.caller import Caller, Pending, Role
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission


@dataclass(frozen=True, slots=True)
class Who:
    """`signed_in` False = anybody. `pending` not empty = only callers at that step of their sign-in.

    None among `pending` lets those pass too whose sign-in is complete.
    `roles`: any one is enough, and none means any caller whose sign-in is complete.
    """

    name: str
    signed_in: bool = True
    pending: frozenset[Pending | None] = frozenset()
    roles: frozenset[Role] = frozenset()

    @property
    def needs_permission(self) -> bool:
        """The steps of the sign-in itself and what is open to anybody have no permission to ask for."""
        return self.signed_in and not self.pending


ANYONE = Who("anyone", signed_in=False)
PENDING = Who("sign-in pending", pending=frozenset({"second_factor", "enrolment", "password_change"}))
PENDING_SECOND_FACTOR = Who("second factor pending", pending=frozenset({"second_factor", "enrolment"}))
PENDING_KNOWN_FACTOR = Who("enrolled second factor pending", pending=frozenset({"second_factor"}))
ENROLMENT_PENDING_OR_SIGNED_IN = Who("enrolment pending, or signed in", pending=frozenset({"enrolment", None}))
PASSWORD_CHANGE = Who("password change pending, or signed in", pending=frozenset({"password_change", None}))
SIGNED_IN = Who("signed in")
ADMIN = Who("Admin", roles=frozenset({Role.ADMIN}))
APP = Who("App", roles=frozenset({Role.APP}))
USER_PLUS = Who("UserPlus", roles=frozenset({Role.USER_PLUS}))
ADMIN_OR_APP = Who("Admin or App", roles=frozenset({Role.ADMIN, Role.APP}))
ADMIN_OR_USER_PLUS = Who("Admin or UserPlus", roles=frozenset({Role.ADMIN, Role.USER_PLUS}))
ADMIN_APP_OR_USER_PLUS = Who("Admin, App or UserPlus", roles=frozenset({Role.ADMIN, Role.APP, Role.USER_PLUS}))
ADMIN_APP_OR_REVIEWER = Who("Admin, App or Reviewer", roles=frozenset({Role.ADMIN, Role.APP, Role.REVIEWER}))

_STEP = {
    "second_factor": "the second factor: send the code to POST /signin2fa with this token, or use a passkey",
    "enrolment": "a second factor: enrol one with this token first",
    "password_change": "a new password: change it with PUT /api/v1/ManagedAccount/ChangeLocalUserPassword first",
}


def authorise(who: Who, permission: Permission | None, caller: Caller) -> None:
    """Let `caller` pass or raise Forbidden, which says what was missing."""
    if caller.pending in who.pending:
        return
    if who.pending and caller.pending is None:
        raise Forbidden("this step of the sign-in is not waiting to be done", missing="pending sign-in")
    if caller.pending is not None:
        raise Forbidden(f"the sign-in lacks {_STEP[caller.pending]}", missing=caller.pending)
    if who.roles and not who.roles & caller.roles:
        roles = ", ".join(sorted(who.roles))
        raise Forbidden(f"this needs one of the roles {roles}", missing=f"role {roles}")
    if permission is None or permission not in caller.permissions:
        raise Forbidden(f"this needs the permission {permission}", missing=f"permission {permission}")
