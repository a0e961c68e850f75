"""PURE: what the steps on a Linux host say to linux.sh, checked so strictly that nothing in it needs escaping.

linux.sh reads them as data anyway (SEC-18); this is the second wall, and what keeps sudo's own grammar out.
"""

from __future__ import annotations

import re

from locum.connectors.base import Step, TargetRefused

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
MARKER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY_LINE = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [A-Za-z0-9:_.@-]+)?")
# No wildcards, quotes, negation or comments: sudo gives each of them a meaning that is easy to get wrong.
COMMAND = re.compile(r"/[A-Za-z0-9_./+@%-]+( [A-Za-z0-9_./+@%:=-]+)*")


def values(step: Step) -> list[str]:
    """The step's arguments in the order linux.sh takes them; TargetRefused for one that is not safe there."""
    given = step.parameters
    login = given.get("login", "")
    if not MARKER.fullmatch(step.marker):
        raise TargetRefused("the session's id is malformed")
    if not LOGIN.fullmatch(login):
        raise TargetRefused("the login name is not one Locum would make")
    match step.kind:
        case "account":
            return [login]
        case "authorized_key":
            if not KEY_LINE.fullmatch(given.get("public_key", "")):
                raise TargetRefused("the public key is malformed")
            return [login, given["public_key"]]
        case "sudoers":
            return [login, _sudo_rule(login, given)]
        case "group":
            if not GROUP.fullmatch(given.get("group", "")):
                raise TargetRefused("the group name is malformed")
            return [login, given["group"]]
    raise TargetRefused("Linux knows no step of that kind")


def _sudo_rule(login: str, given: dict[str, str]) -> str:
    run_as, commands = given.get("run_as", "ALL"), given.get("commands", "ALL")
    if run_as != "ALL" and not LOGIN.fullmatch(run_as):
        raise TargetRefused("the account to run as is malformed")
    if commands != "ALL":
        each = [command.strip() for command in commands.split(",")]
        if not all(COMMAND.fullmatch(command) for command in each):
            raise TargetRefused("sudo commands must be ALL or absolute paths with plain arguments")
        commands = ", ".join(re.sub(r"([:=])", r"\\\1", command) for command in each)
    who = "(ALL:ALL)" if run_as == "ALL" else f"({run_as})"
    free = "NOPASSWD: " if given.get("nopasswd") == "true" else ""
    return f"{login} ALL={who} {free}{commands}"
