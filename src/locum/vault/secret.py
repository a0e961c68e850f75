"""A value that must not leak: no repr, no serialiser, no pickle; comparing takes constant time."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Holds secret bytes. Only `reveal`, `reveal_text` and `buffer` give them out, so a search finds every use."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes | bytearray | str) -> None:
        self._value = value.encode() if isinstance(value, str) else value

    def reveal(self) -> bytes:
        """The secret itself."""
        return bytes(self._value)  # of bytes, this is no copy

    def buffer(self) -> bytes | bytearray:
        """The secret itself where it lies: of a bytearray, `reveal` would leave a copy in memory."""
        return self._value

    def wipe(self) -> None:
        """Overwrite the secret, if it was given as a bytearray; Python's other texts can't be."""
        if isinstance(self._value, bytearray):
            self._value[:] = bytes(len(self._value))

    def reveal_text(self) -> str:
        """The secret as UTF-8 text."""
        return self._value.decode()

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a set of secrets would compare in variable time

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret can't be serialised")
