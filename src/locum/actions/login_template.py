"""PURE: what a login is called, by the template of its activity (product.md A.8, ACT-03).

A template is text with masks (`%samaccountname%`) and functions, which may hold masks and functions in turn:

    %first(TEXT,n)/first%         its first n letters
    %substr(TEXT,i)/substr%       all after the first i letters; the last |i| of them if i is negative
    %replace(TEXT,old,new)/replace%
    %trim(TEXT,n)/trim%           all but the last n letters

Too large a number leaves nothing (`first` leaves all there is). A template is read by this grammar alone, once; what a
mask stands for is put in as text and never read again (SEC-18).

    template = { text | mask | function }        mask = "%" NAME "%"
    function = "%" NAME "(" template { "," argument } ")/" NAME "%"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from locum.kit.errors import Invalid

MASKS = frozenset(
    {
        *("domain", "targetdomain", "targetdomainname", "samaccountname", "email", "department", "sessionid"),
        *("hostname", "dnshostname", "fqdn", "upn-username", "upn-domain", "email-username", "email-domain"),
        *("firstname", "lastname", "displayname", "fullname", "userprincipalname"),
    }
)
FUNCTIONS = {"first": 1, "substr": 1, "replace": 2, "trim": 1}
"""How many arguments each takes after its text."""
DEEPEST = 8
LONGEST = 256


@dataclass(frozen=True, slots=True)
class _Mask:
    name: str


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    text: _Parts
    arguments: tuple[_Parts, ...]


_Parts = tuple[str | _Mask | _Call, ...]


@dataclass(frozen=True, slots=True)
class LoginTemplate:
    """A template that was understood. Make one with `parse`."""

    source: str
    parts: _Parts

    def fill(self, values: Mapping[str, str]) -> str:
        """The login's name. A mask that nothing is known about is empty."""
        return _filled(self.parts, values)

    @property
    def masks(self) -> frozenset[str]:
        """The masks it uses."""
        return frozenset(_masks(self.parts))


def parse(source: str) -> LoginTemplate:
    """Understand a template. Raises Invalid, which says where it goes wrong."""
    if not source or len(source) > LONGEST:
        raise _wrong(f"a login template must have 1 to {LONGEST} characters")
    reader = _Reader(source)
    parts = reader.parts("", 0)
    return LoginTemplate(source, parts)


class _Reader:
    """Reads a template from left to right; nothing is looked at twice."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def parts(self, ends: str, depth: int) -> _Parts:
        """All up to one of the characters `ends`, which stays unread; without any, up to the end."""
        found: list[str | _Mask | _Call] = []
        text = ""
        while self._at < len(self._source):
            letter = self._source[self._at]
            if letter in ends and not (letter == ")" and not self._source.startswith(")/", self._at)):
                break
            if letter == "%":
                if text:
                    found.append(text)
                text = ""
                found.append(self._special(depth))
            else:
                text += letter
                self._at += 1
        return tuple([*found, text] if text else found)

    def _special(self, depth: int) -> _Mask | _Call:
        start = self._at
        self._at += 1
        name = self._name()
        if self._next("%"):
            if name not in MASKS:
                raise _wrong(f"there is no mask %{name}% (at {start + 1})")
            return _Mask(name)
        if not self._next("("):
            raise _wrong(f"what begins with % at {start + 1} is neither a mask nor a function")
        if name not in FUNCTIONS:
            raise _wrong(f"there is no function {name} (at {start + 1}); there are {', '.join(FUNCTIONS)}")
        if depth == DEEPEST:
            raise _wrong(f"functions may be nested {DEEPEST} deep")
        text = self.parts(",)", depth + 1)
        arguments = []
        while self._next(","):
            arguments.append(self.parts(",)", depth + 1))
        if not self._next(f")/{name}%", ignore_case=True):
            raise _wrong(f"the function {name} at {start + 1} must end with )/{name}%")
        if len(arguments) != FUNCTIONS[name]:
            raise _wrong(f"the function {name} at {start + 1} takes {FUNCTIONS[name]} after its text")
        if name != "replace":
            _number(name, arguments[0])
        return _Call(name, text, tuple(arguments))

    def _name(self) -> str:
        begin = self._at
        while self._at < len(self._source) and (self._source[self._at].isalnum() or self._source[self._at] == "-"):
            self._at += 1
        return self._source[begin : self._at].lower()

    def _next(self, text: str, *, ignore_case: bool = False) -> bool:
        there = self._source[self._at : self._at + len(text)]
        if there != text and not (ignore_case and there.lower() == text):
            return False
        self._at += len(text)
        return True


def _number(function: str, argument: _Parts) -> int:
    text = argument[0] if len(argument) == 1 else None
    digits = text.strip() if isinstance(text, str) else ""
    sign = 1
    if function == "substr" and digits.startswith("-"):
        sign, digits = -1, digits[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        raise _wrong(f"the function {function} takes a whole number of at most four digits")
    return sign * int(digits)


def _filled(parts: _Parts, values: Mapping[str, str]) -> str:
    return "".join(part if isinstance(part, str) else _value(part, values) for part in parts)


def _value(part: _Mask | _Call, values: Mapping[str, str]) -> str:
    if isinstance(part, _Mask):
        return values.get(part.name, "")
    text = _filled(part.text, values)
    if part.name == "replace":
        old, new = (_filled(argument, values) for argument in part.arguments)
        return text.replace(old, new) if old else text
    number = _number(part.name, part.arguments[0])
    match part.name:
        case "first":
            return text[:number]
        case "trim":
            return text[: len(text) - number] if number <= len(text) else ""
    if number < 0:
        return text[number:] if -number <= len(text) else ""
    return text[number:]


def _masks(parts: _Parts) -> list[str]:
    found: list[str] = []
    for part in parts:
        if isinstance(part, _Mask):
            found.append(part.name)
        elif isinstance(part, _Call):
            found += _masks(part.text)
            for argument in part.arguments:
                found += _masks(argument)
    return found


def _wrong(why: str) -> Invalid:
    return Invalid(why, field="loginAccountNameFormat")
