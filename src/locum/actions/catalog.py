"""PURE: the kinds of steps an activity may have, with their parameters, and whether one is said well (ACT-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from locum.actions.plan import AFTER, BEFORE, DURING
from locum.connectors.base import Step, TargetRefused
from locum.connectors.database_steps import MARIADB_PRIVILEGES, POSTGRESQL_PRIVILEGES, database_right
from locum.connectors.linux_steps import values
from locum.kit.errors import Invalid

_NAMESPACE = UUID("5e551045-0000-4000-8000-0000000000ac")
_MARKER = "00000000-0000-4000-8000-000000000000"
_YES_NO = ("true", "false")
_OUTCOMES = ("warn", "fail")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a kind of step must or may be told. `choices`, where there are any, are all that it may be."""

    name: str
    shown: str
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    many_lines: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of step on the platforms of one connector. What it gives is taken away again at the end by itself."""

    kind: str
    connector: str
    shown: str
    description: str
    parameters: tuple[Parameter, ...]
    phases: tuple[int, ...] = (BEFORE,)

    @property
    def id(self) -> UUID:
        """The same on every installation."""
        return uuid5(_NAMESPACE, f"{self.connector}/{self.kind}")

    def parameter_id(self, name: str) -> UUID:
        """The id of one of its parameters, the same on every installation."""
        return uuid5(_NAMESPACE, f"{self.connector}/{self.kind}/{name}")


def _grant(connector: str, privileges: Mapping[str, tuple[str, ...]]) -> Template:
    everything = sorted({one for some in privileges.values() for one in some})
    return Template(
        "grant",
        connector,
        "Give privileges",
        f"Privileges on a thing of the database server: {', '.join(everything)}",
        (
            Parameter("on", "On a", required=True, choices=tuple(privileges)),
            Parameter("name", "Name of the database or schema"),
            Parameter("privileges", "Privileges, with commas between them", required=True),
        ),
    )


TEMPLATES = (
    Template(
        "group",
        "linux",
        "Add to a local group",
        "Membership of a group; who was a member before stays one",
        (Parameter("group", "Group", required=True),),
    ),
    Template(
        "sudoers",
        "linux",
        "Add a sudo rule",
        "A file of the session's own in /etc/sudoers.d",
        (
            Parameter("run_as", "Run as", default="ALL"),
            Parameter("commands", "ALL, or absolute commands with commas between them", default="ALL"),
            Parameter("nopasswd", "Without a password", default="false", choices=_YES_NO),
        ),
    ),
    Template(
        "custom_script",
        "linux",
        "Run a script",
        "Text for /bin/sh, run as the session's account or another. It finds LOCUM_SESSION, LOCUM_LOGIN, LOCUM_USER and"
        " LOCUM_HOST in its environment",
        (
            Parameter("script", "Script", required=True, many_lines=True),
            Parameter("run_as", "Run as; the session's account if empty"),
            Parameter(
                "repeatable",
                "Whether it may run again where Locum was cut off in it; if empty, all but a task's own scripts may",
                choices=_YES_NO,
            ),
        ),
        (BEFORE, DURING, AFTER),
    ),
    Template(
        "file_monitor",
        "linux",
        "Watch a file",
        "The file's SHA-256 before and after the session",
        (
            Parameter("path", "Path", required=True),
            Parameter("on_missing", "When it is missing", default="warn", choices=_OUTCOMES),
            Parameter("on_mismatch", "When it was changed", default="warn", choices=_OUTCOMES),
        ),
    ),
    *(
        Template(
            "role", connector, "Give a role", "Membership of a role", (Parameter("role", "Role", required=True),)
        )
        for connector in ("postgresql", "mariadb")
    ),
    _grant("postgresql", POSTGRESQL_PRIVILEGES),
    _grant("mariadb", MARIADB_PRIVILEGES),
)
CONNECTORS = frozenset(template.connector for template in TEMPLATES)
_BY_ID = {template.id: template for template in TEMPLATES}
_BY_KIND = {(template.connector, template.kind): template for template in TEMPLATES}


def template_of(template_id: UUID) -> Template:
    """The kind of step with this id. Raises Invalid."""
    found = _BY_ID.get(template_id)
    if found is None:
        raise Invalid("actionTemplateId names no kind of action", field="actionTemplateId")
    return found


def template_for(connector: str, kind: str) -> Template | None:
    """The kind of step as the platform's catalogue has it."""
    return _BY_KIND.get((connector, kind))


def has_steps(connector: str, phase: int) -> bool:
    """Whether anything can be done on the platforms of a connector in that part of a session."""
    return any(template.connector == connector and phase in template.phases for template in TEMPLATES)


def checked_parameters(template: Template, given: Mapping[str, str], phase: int) -> dict[str, str]:
    """The step's parameters with its defaults. Raises Invalid for what the target would refuse anyway."""
    known = {parameter.name: parameter for parameter in template.parameters}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise _wrong(f"“{template.shown}” has no such parameter; it has {', '.join(known)}")
    if phase not in template.phases:
        raise _wrong(f"“{template.shown}” can't be done in that part of a session")
    parameters: dict[str, str] = {}
    for name, parameter in known.items():
        value = given.get(name) or parameter.default
        if not value:
            if parameter.required:
                raise _wrong(f"“{template.shown}” needs {name}")
            continue
        if parameter.choices and value not in parameter.choices:
            raise _wrong(f"{name} must be one of {', '.join(parameter.choices)}")
        parameters[name] = value
    _try(template, parameters)
    return parameters


def _try(template: Template, parameters: dict[str, str]) -> None:
    """Say it as it will be said to the target."""
    step = Step(template.kind, {**parameters, "login": "x"}, _MARKER)
    try:
        match template.connector:
            case "linux":
                values(step)
            case "postgresql":
                database_right(step, 63, POSTGRESQL_PRIVILEGES)
            case _:
                database_right(step, 128, MARIADB_PRIVILEGES)
    except TargetRefused as refusal:
        raise _wrong(refusal.detail) from None


def _wrong(why: str) -> Invalid:
    return Invalid(why, field="actionParameter")
