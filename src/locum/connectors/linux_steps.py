"""PURE: what the steps on a Linux host say to linux.sh, checked so strictly that nothing in it needs escaping.

linux.sh reads them as data anyway (SEC-18); this is the second wall, and what keeps sudo's own grammar out.
"""

from __future__ import annotations

import base64
import re

from locum.connectors.base import FailureReason, Logon, Step, TargetRefused

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
MARKER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY_LINE = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [A-Za-z0-9:_.@-]+)?")
# No wildcards, quotes, negation or comments: sudo gives each of them a meaning that is easy to get wrong.
COMMAND = re.compile(r"/[A-Za-z0-9_./+@%-]+( [A-Za-z0-9_./+@%:=-]+)*")
PATH = re.compile(r"/[^\x00-\x1f\x7f]{0,1000}")
SIGN_IN = re.compile(r"(ssh|terminal):([0-9A-Za-z:./]{0,64})")
MOST_SCRIPT = 16384  # bytes
LOOKED_AT = {"group": "was", "file_monitor": "sha256"}
"""Steps whose undo needs to know what was before, and what that is called."""


def values(step: Step) -> list[str]:
    """The step's arguments in the order linux.sh takes them; TargetRefused for one that is not safe there."""
    given = step.parameters
    login = given.get("login", "")
    if not MARKER.fullmatch(step.marker):
        raise TargetRefused("the session's id is malformed")
    if not LOGIN.fullmatch(login):
        raise TargetRefused("the login name is not one Locum would make", reason=FailureReason.INVALID_USER_NAME)
    match step.kind:
        case "account" | "own_account":
            return [login]
        case "managed_account":
            # When it comes, whether to make it; when it goes, whether to delete it.
            return [login, "yes" if given.get("create") == "true" else "no", given.get("delete", "")]
        case "authorized_key":
            if not KEY_LINE.fullmatch(given.get("public_key", "")):
                raise TargetRefused("the public key is malformed")
            return [login, given["public_key"]]
        case "sudoers":
            return [login, _sudo_rule(login, given)]
        case "group":
            if not GROUP.fullmatch(given.get("group", "")):
                raise TargetRefused("the group name is malformed", reason=FailureReason.INVALID_GROUP_NAME)
            was = "" if given.get("leave") == "false" else (step.found or {}).get("was", "")
            return [login, given["group"], was]
        case "custom_script":
            return [login, *_script(step)]
        case "file_monitor":
            if not PATH.fullmatch(given.get("path", "")):
                raise TargetRefused("the file to watch must be an absolute path without control characters")
            return [login, given["path"]]
    raise TargetRefused("Linux knows no step of that kind")


def _script(step: Step) -> list[str]:
    """The text in base64, as whom, how long, and what reaches it as variables."""
    given = step.parameters
    text = given.get("script", "").encode(errors="replace")
    if not 0 < len(text) <= MOST_SCRIPT or b"\0" in text:
        raise TargetRefused(f"a script must have 1 to {MOST_SCRIPT} bytes, none of them zero")
    run_as = given.get("run_as", "")
    if run_as and not LOGIN.fullmatch(run_as):
        raise TargetRefused("the account to run as is malformed", reason=FailureReason.INVALID_USER_NAME)
    seconds = min(max(step.timeout_s, 1), 600)
    context = [plain(given.get(name, "")) for name in ("user", "host")]
    return [base64.b64encode(text).decode(), run_as, str(seconds), *context]


def plain(text: str) -> str:
    """A name or a few words, on one line."""
    return "".join(c if c.isprintable() else "?" for c in text)[:256]


def script_output(said: str) -> str:
    """What a script said, as text for a log: harmless for a terminal (SEC-22)."""
    try:
        text = base64.b64decode(said, validate=True).decode(errors="replace")
    except ValueError:
        return ""
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in text.splitlines())


def logons_of(said: str) -> list[Logon]:
    """What linux_logons.sh found. Words that it does not use are left out."""
    found = (SIGN_IN.fullmatch(word) for word in said.split())
    return [Logon(one[1] == "ssh", " ".join(filter(None, one.groups()))) for one in found if one]


def before(step: Step, saw: str) -> str:
    """What a watched file was. Raises TargetRefused where it must be there and is not."""
    path = step.parameters["path"]
    if saw != "missing":
        return f"{path} is {saw}"
    if step.parameters.get("on_missing") == "fail":
        raise TargetRefused(f"{path} is missing")
    return f"{path} is missing"


def after(step: Step, saw: str) -> str:
    """What became of a watched file. Raises TargetRefused where that is a failure."""
    path, was = step.parameters["path"], (step.found or {}).get("sha256", "")
    if saw == was:
        return f"{path} is unchanged"
    if saw == "missing":
        how, said = step.parameters.get("on_missing"), f"{path} is gone; it was {was}"
    else:
        how, said = (
            step.parameters.get("on_mismatch"),
            f"{path} was changed: it was {was or 'not looked at'}, and is {saw}",
        )
    if how == "fail":
        raise TargetRefused(said)
    return said


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
