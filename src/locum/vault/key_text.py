"""PURE. The root keys of an installation, and the text they stand in.

The text: a line `locum-root-keys 2`, a line `active|next|retired ID BASE64` for each key, a line `dropped ID` for each
key that is gone, and a last line `end SHA256` over all before it. So a text that was cut or altered is noticed when it
is read, and not when a secret fails to open. The first release wrote form 1, without the last line.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from locum.kit.errors import StartError
from locum.vault.seal import KEY_BYTES, key_id
from locum.vault.secret import Secret

_HEADER = "locum-root-keys 2"
_FIRST_HEADER = "locum-root-keys 1"


@dataclass(frozen=True, slots=True)
class RootKeys:
    """New secrets are sealed under `active`; `next` is to become it. These two and the `retired` ones open.

    `dropped` are ids of keys that are gone, so that a node which still seals under one learns that it must not.
    """

    active: Secret
    next: Secret | None = None
    retired: tuple[Secret, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def active_id(self) -> str:
        return key_id(self.active)

    @property
    def retired_ids(self) -> list[str]:
        return [key_id(key) for key in self.retired]

    @property
    def by_id(self) -> dict[str, Secret]:
        """Every key that opens."""
        held = (self.active, *(() if self.next is None else (self.next,)), *self.retired)
        return {key_id(key): key for key in held}

    def follow(self, before_id: str) -> bool:
        """Whether these are later keys of an installation that sealed under `before_id`, and not another's."""
        return before_id in self.by_id or before_id in self.dropped

    def with_next(self, key: Secret) -> RootKeys:
        """`key` is to become the active one, unless another one is to already."""
        return self if self.next is not None else replace(self, next=key)

    def advanced(self) -> RootKeys:
        """The next key is the active one, and the active one is retired."""
        if self.next is None:
            return self
        return replace(self, active=self.next, next=None, retired=(*self.retired, self.active))

    def without_retired(self, ids: list[str]) -> RootKeys:
        """Nothing opens any more that is sealed under these retired keys."""
        gone = [name for name in self.retired_ids if name in ids]
        left = tuple(key for key in self.retired if key_id(key) not in gone)
        return replace(self, retired=left, dropped=(*self.dropped, *gone))


def written(keys: RootKeys) -> bytes:
    """The keys as text. It holds them in the clear: whoever reads it opens every secret."""
    lines = [_HEADER, _key_line("active", keys.active)]
    if keys.next is not None:
        lines.append(_key_line("next", keys.next))
    lines += [_key_line("retired", key) for key in keys.retired]
    lines += [f"dropped {root_key_id}" for root_key_id in keys.dropped]
    return closed(lines)


def parsed(content: bytes, source: str) -> RootKeys:
    """The inverse of `written`. Raises StartError that names the `source` and what is wrong, never a key."""
    if content.startswith(_FIRST_HEADER.encode() + b"\n"):
        *lines, rest = content.decode("ascii", "replace").split("\n")
        if rest or len(lines) < 2:
            raise not_whole(source)
    else:
        lines = lines_of(content, source)
    if lines[0] not in (_HEADER, _FIRST_HEADER):
        raise not_whole(source)
    keys: dict[str, list[Secret]] = {"active": [], "next": [], "retired": []}
    dropped = []
    for number, line in enumerate(lines[1:], start=2):
        state, _, rest = line.partition(" ")
        if state == "dropped":
            dropped.append(rest)
            continue
        key = _key(rest)
        if state not in keys or key is None:
            raise StartError(f"{source} is damaged in line {number}: restore it from its backup")
        keys[state].append(key)
    if len(keys["active"]) != 1 or len(keys["next"]) > 1:
        raise StartError(f"{source} must hold exactly one active key, it holds {len(keys['active'])}")
    return RootKeys(keys["active"][0], next(iter(keys["next"]), None), tuple(keys["retired"]), tuple(dropped))


def closed(lines: Iterable[str]) -> bytes:
    """The lines with a last one that tells whether they are whole."""
    text = "".join(f"{line}\n" for line in lines).encode("ascii")
    return text + f"end {hashlib.sha256(text).hexdigest()}\n".encode()


def lines_of(content: bytes, source: str) -> list[str]:
    """The inverse of `closed`, without the last line. Raises StartError if it is not whole."""
    body, mark, end = content.rpartition(b"end ")
    whole = body.endswith(b"\n") and end == hashlib.sha256(body).hexdigest().encode() + b"\n"
    if not mark or not whole or not body.isascii():
        raise not_whole(source)
    return body.decode("ascii").split("\n")[:-1]


def not_whole(source: str) -> StartError:
    """What to say of a text that was cut, altered or never was one."""
    return StartError(f"{source} is not a whole root key file: restore it from its backup")


def _key_line(state: str, key: Secret) -> str:
    return f"{state} {key_id(key)} {base64.b64encode(key.reveal()).decode()}"


def _key(line: str) -> Secret | None:
    """The key of `ID BASE64`, or None if the two don't belong together."""
    name, _, encoded = line.partition(" ")
    raw = b""
    with contextlib.suppress(binascii.Error, ValueError):
        raw = base64.b64decode(encoded, validate=True)
    key = Secret(raw)
    exact = base64.b64encode(raw).decode() == encoded  # the last digit carries bits that decoding ignores
    return key if exact and len(raw) == KEY_BYTES and key_id(key) == name else None
