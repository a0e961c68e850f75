"""PURE: what of a recorded terminal's output is shown on another terminal (SEC-22).

The person who watches has more rights than the one who was recorded. So this is a list of what passes: text, and
sequences that draw with it. What asks the terminal for an answer, sets its title or clipboard, makes it report mouse
and keys, prints, resizes, or is not known, is left out whole.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+|[\x08-\x0f])"
    r"|\x1b\[(?P<parameters>[0-?]{0,64})(?P<between>[ -/]{0,2})(?P<final>[@-~])"
    r"|(?P<short>\x1b[78DEHM]|\x1b[()][AB0])"
    r"|(?P<reset>\x1bc)"
    r"|(?P<string>\x1b[]PX^_])"
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x1f\x7f-\x9f]"
)
_HALF = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,2}|[ -/]{0,2})\Z")
# A string that its maker left open must not hide the rest from who watches: it ends with its line.
_END_OF_STRING = re.compile(r"[\x07\x18\x1a\x1b\x9c\r\n]")
_STAYS = "\x1b\r\n"
_NUMBERS = re.compile(r"(?:\d{1,4}(?:[;:]|\Z)|[;:])*\Z")
_MOVES_AND_ERASES = frozenset("@ABCDEFGHIKLMPSXZ`abdefgmr")
_SCREENS = frozenset(("47", "1047", "1048", "1049"))
_DRAWING = _SCREENS | {"5", "6", "7", "12", "25"}
"""Private modes: reverse, origin, wrap, cursor blinks, cursor shown; the other screen."""
_CLEAR = "\x1b[!p\x1b[2J\x1b[H"


class Screen:
    """`show` piece by piece what was recorded, then `leave` once."""

    def __init__(self) -> None:
        self._rest = ""
        self._in_string = False
        self._reversed = False
        self._other: list[str] = []  # modes by which another screen is shown

    def show(self, text: str) -> str:
        """What may be written of the next piece."""
        text = self._rest + text
        half = _HALF.search(text)
        self._rest = half.group() if half else ""
        whole, at, shown = text[: len(text) - len(self._rest)], 0, []
        while at < len(whole):
            if self._in_string:
                at = self._behind_string(whole, at)
            elif (token := _TOKEN.match(whole, at)) is not None:
                shown.append(self._passed(token))
                at = token.end()
            else:
                at += 1  # an escape character before something that is none of its
        return "".join(shown)

    def leave(self) -> str:
        """What puts back what was shown may have set."""
        modes = [*reversed(self._other), *(["5"] if self._reversed else [])]
        off = f"\x1b[?{';'.join(modes)}l" if modes else ""
        return f"{off}\x1b[!p\x1b[0m\x1b[4l\x1b[?7h\x1b[?25h\x1b(B\x0f"

    def _behind_string(self, text: str, at: int) -> int:
        end = _END_OF_STRING.search(text, at)
        if end is None:
            return len(text)
        self._in_string = False
        return end.start() if end.group() in _STAYS else end.end()

    def _passed(self, token: re.Match[str]) -> str:
        if token["text"] or token["short"]:
            return token.group()
        if token["final"]:
            return self._control(token["parameters"], token["between"], token["final"])
        self._in_string = token["string"] is not None
        return _CLEAR if token["reset"] else ""

    def _control(self, parameters: str, between: str, final: str) -> str:
        if final in "hl" and not between:
            return self._mode(parameters, final)
        known = (
            (final in _MOVES_AND_ERASES and not between)
            or (final == "J" and not between and parameters != "3")  # 3: what was on the screen before
            or (final == "T" and not between and ";" not in parameters)
            or (final in "su" and not between and not parameters)
            or (between + final in {"!p", " q"})
        )
        return f"\x1b[{parameters}{between}{final}" if known and _NUMBERS.match(parameters) else ""

    def _mode(self, parameters: str, final: str) -> str:
        if parameters == "4":  # insert
            return f"\x1b[4{final}"
        if not parameters.startswith("?"):
            return ""
        modes = [mode for mode in parameters[1:].split(";") if mode in _DRAWING]
        for mode in modes:
            if mode == "5":
                self._reversed = final == "h"
            elif mode in _SCREENS:
                self._other = [one for one in self._other if one != mode] + ([mode] if final == "h" else [])
        return f"\x1b[?{';'.join(modes)}{final}" if modes else ""
