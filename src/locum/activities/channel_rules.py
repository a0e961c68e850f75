"""PURE: what a connection profile lets through the SSH gateway (SEC-13). Shells and commands, unless more is said."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from itertools import pairwise

import msgspec

from locum.kit.errors import Invalid

MOST = 100
LONGEST_PATH = 1024
LARGEST_FILE = 1 << 50
LONGEST_IDLE = 43_200  # minutes: 30 days
SSH_PORT = 22

_HOST = re.compile(r"(?:\*|\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\*")
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_EVERYWHERE = frozenset(("", "*", "0.0.0.0", "::"))  # noqa: S104 - it is compared with, and nothing is bound
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class ChannelRules(msgspec.Struct, frozen=True):
    """`upload` and `download` are seen from the person. `paths` are directories on the target, below which files may
    lie; none: anywhere. `max_file_bytes` counts for each file. `destinations` are where connections may be forwarded
    to, as `host:port`; none: nowhere. `listen`: where the target may listen for the person (`ssh -R`), in the same
    form; none: nowhere. `agent` and `x11`: the target may use the person's SSH agent and display. `idle_minutes`: how
    long nothing may pass on a connection; None: for ever.
    """

    shell: bool = True
    command: bool = True
    upload: bool = False
    download: bool = False
    paths: tuple[str, ...] = ()
    max_file_bytes: int | None = None
    destinations: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    agent: bool = False
    x11: bool = False
    idle_minutes: int | None = None


DEFAULT = ChannelRules()


def checked(rules: ChannelRules) -> ChannelRules:
    """The rules, with their paths in one form. Raises Invalid, naming the wire field."""
    for field in ("paths", "destinations", "listen"):
        if len(getattr(rules, field)) > MOST:
            raise Invalid(f"a connection profile has at most {MOST} {field}", field=field)
    if rules.max_file_bytes is not None and not 1 <= rules.max_file_bytes <= LARGEST_FILE:
        raise Invalid(f"maxFileBytes must lie between 1 and {LARGEST_FILE}", field="maxFileBytes")
    if rules.idle_minutes is not None and not 1 <= rules.idle_minutes <= LONGEST_IDLE:
        raise Invalid(f"idleMinutes must lie between 1 and {LONGEST_IDLE}", field="idleMinutes")
    return msgspec.structs.replace(
        rules,
        paths=tuple(map(_checked_path, rules.paths)),
        destinations=_checked_places(rules.destinations, "destinations"),
        listen=_checked_places(rules.listen, "listen"),
    )


def reaches(rules: ChannelRules, host: str, port: int, *, sshd_port: int) -> bool:
    """Whether a connection may be forwarded to this place.

    Neither `*` nor a network nor a range of ports leads to an SSH server: for port 22 and the target's own
    (`sshd_port`) host and port must be listed as they are. Another name of the target would be no other place.
    """
    if port in {SSH_PORT, sshd_port}:
        return any(_is(entry, host, port) for entry in rules.destinations)
    return any(_leads(entry, host, port) for entry in rules.destinations)


def listens(rules: ChannelRules, host: str, port: int) -> bool:
    """Whether the target may listen there for the person, as their client asks.

    Clients say `localhost` where they are given no address, and nothing for all addresses, which `*` alone allows. For
    port 0 the target chooses one, which every port of an entry must allow.
    """
    asked = _listener(host)
    return any(
        _fits(_listener(listed), asked) and (first <= port <= last if port else (first, last) == (1, 65_535))
        for listed, first, last in map(_parse, rules.listen)
    )


def holds(rules: ChannelRules, path: str, *, home: str) -> bool:
    """Whether `path`, absolute and without links, `.` and `..`, lies in one of the directories. `~` is `home`."""
    if not rules.paths:
        return True
    below = home.rstrip("/")
    allowed = (below + one[1:] or "/" if one == "~" or one.startswith("~/") else one for one in rules.paths)
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in allowed)


def _checked_path(text: str) -> str:
    path = text.strip()
    parts = path.split("/")
    if (
        not 0 < len(path) <= LONGEST_PATH
        or _CONTROL.search(path)
        or parts[0] not in {"", "~"}
        or path == "~/"
        or any(part in {"", ".", ".."} for part in parts[1:-1])
        or parts[-1] in {".", ".."}
    ):
        raise Invalid("a path is a directory such as /srv/in or ~/in, without . and ..", field="paths")
    return path.rstrip("/") or "/"


def _checked_places(texts: tuple[str, ...], field: str) -> tuple[str, ...]:
    places = tuple(text.strip() for text in texts)
    for text in places:
        try:
            _parse(text)
        except ValueError:
            raise Invalid(
                f"{field} are HOST:PORT: a name, *.name, an address, a network or *; a port, 5000-5010 or *",
                field=field,
            ) from None
    return places


def _parse(text: str) -> tuple[str, int, int]:
    """Host, first and last port. Raises ValueError."""
    host, colon, ports = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon:
        raise ValueError("no port")
    if _HOST.fullmatch(host) is None:
        ip_network(host, strict=False)
    if ports == "*":
        return host.casefold(), 1, 65_535
    first, dash, last = ports.partition("-")
    numbers = [_port(first), _port(last if dash else first)]
    if any(low > high for low, high in pairwise(numbers)):
        raise ValueError("ports in the wrong order")
    return host.casefold(), numbers[0], numbers[1]


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 1 <= number <= 65_535:
        raise ValueError("not a port")
    return number


def _is(entry: str, host: str, port: int) -> bool:
    listed, first, last = _parse(entry)
    return first == last == port and listed == _plain(host)


def _leads(entry: str, host: str, port: int) -> bool:
    listed, first, last = _parse(entry)
    return first <= port <= last and _fits(listed, _plain(host))


def _fits(listed: str, asked: str) -> bool:
    if listed in {"*", asked}:
        return True
    if listed.startswith("*."):
        return asked.endswith(listed[1:]) and len(asked) > len(listed) - 1
    try:
        # A number in another form, such as 127.1, is no address here and meets no network.
        return ip_address(asked) in ip_network(listed, strict=False)
    except ValueError:
        return False


def _listener(host: str) -> str:
    plain = _plain(host)
    return "localhost" if plain in _LOOPBACK else "*" if plain in _EVERYWHERE else plain


def _plain(host: str) -> str:
    return host.casefold().removesuffix(".")
