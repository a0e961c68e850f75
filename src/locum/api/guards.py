"""Who may call an operation: the contract's role strings as a few names, and the check every request passes.

An operation without a `Who` and, unless it belongs to the sign-in itself, a permission stops the server from
starting (SEC-11). A completed second factor is asked for everywhere, whatever the contract's `mfa_required` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from locum.identities.caller import Caller, Pending, Role
from locum.identities.key_bounds import KeyBounds
from locum.identities.rights import ScopeKind
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


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a right of a custom role is enough: it must hold for the thing that a path variable names.

    `rights`: any one of them is enough, in place of the operation's permission.
    """

    kind: ScopeKind
    variable: str
    rights: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """As `Scope`, where one path names no single thing of the scope: the handler leaves out in SQL what is outside.

    The guard only sees to it that the caller has one of `rights` for anything at all.
    """

    rights: tuple[Permission, ...]


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
ADMIN_OR_REVIEWER = Who("Admin or Reviewer", roles=frozenset({Role.ADMIN, Role.REVIEWER}))
ADMIN_OR_USER_PLUS = Who("Admin or UserPlus", roles=frozenset({Role.ADMIN, Role.USER_PLUS}))
ADMIN_APP_OR_USER_PLUS = Who("Admin, App or UserPlus", roles=frozenset({Role.ADMIN, Role.APP, Role.USER_PLUS}))
ADMIN_APP_OR_REVIEWER = Who("Admin, App or Reviewer", roles=frozenset({Role.ADMIN, Role.APP, Role.REVIEWER}))

_STEP = {
    "second_factor": "the second factor: send the code to POST /signin2fa with this token, or use a passkey",
    "enrolment": "a second factor: enrol one with this token first",
    "password_change": "a new password: change it with PUT /api/v1/ManagedAccount/ChangeLocalUserPassword first",
}


def authorise(
    who: Who,
    permission: Permission | None,
    caller: Caller,
    operation: str,
    scope: Scope | Filtered | None = None,
    thing: UUID | None = None,
) -> None:
    """Let `caller` pass to the operation of that name or raise Forbidden, which says what was missing.

    `thing` is what the scope's path variable names, None where it could not be read. Without a `scope` no right of a
    custom role is enough.
    """
    if caller.key is not None:
        caller.key.check_operation(operation)
    if caller.pending in who.pending:
        return
    if who.pending and caller.pending is None:
        raise Forbidden("this step of the sign-in is not waiting to be done", missing="pending sign-in")
    if caller.pending is not None:
        raise Forbidden(f"the sign-in lacks {_STEP[caller.pending]}", missing=caller.pending)
    if who.roles and not who.roles & caller.roles:
        roles = ", ".join(sorted(who.roles))
        raise Forbidden(f"this needs one of the roles {roles}", missing=f"role {roles}")
    if caller.key is not None and isinstance(scope, Scope) and thing is not None:
        _check_key(caller.key, scope.kind, thing)
    if permission is not None and permission in caller.permissions:
        return
    if permission is None or scope is None:
        raise Forbidden(f"this needs the permission {permission}", missing=f"permission {permission}")
    if isinstance(scope, Filtered):
        if not any(caller.rights.bounds(right) for right in scope.rights):
            raise lacks(permission, *scope.rights)
        return
    if thing is None or not caller.rights.allow(scope.rights, {scope.kind: thing}):
        raise lacks(permission, *scope.rights, kind=scope.kind)


def _check_key(key: KeyBounds, kind: ScopeKind, thing: UUID) -> None:
    """An API key that is for listed policies or credentials is for no other, whatever its holder may (SEC-30)."""
    if kind is ScopeKind.POLICY and not key.has_policy(thing):
        raise Forbidden("this API key is not for that access policy", missing="key scope policy")
    if kind is ScopeKind.CREDENTIAL:
        key.check_credential(thing)


def lacks(*permissions: Permission, kind: ScopeKind | str | None = None) -> Forbidden:
    """The refusal for lack of any one of `permissions`, for one thing of `kind`: its name stays unsaid."""
    named = " or ".join(dict.fromkeys(permissions))
    what = f"permission {named}" if kind is None else f"permission {named} for this {kind}"
    return Forbidden(f"this needs the {what}", missing=what)
