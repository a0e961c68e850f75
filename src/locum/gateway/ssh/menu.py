"""PURE. The menu for a person at a terminal who has not said what to open: lines typed in, text out.

The terminal is in raw mode, so what is typed is shown from here.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from locum.gateway.ssh.relay import printable

TAKE = 15
LINE_LIMIT = 200
PROMPT = "> "
HELP = "a number opens, Enter shows more, text narrows the list, / shows all, q ends"


@dataclass(frozen=True, slots=True)
class Show:
    """List again: this search, from this row on."""

    search: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """The row of this number of the page that is shown."""

    number: int


class Leave:
    """Nothing is to be opened."""


Asked = Show | Open | Leave | str
"""A text is a complaint to be shown."""


class Line:
    """Edits one line in raw mode."""

    def __init__(self) -> None:
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def typed(self, data: bytes) -> tuple[str, list[str | None]]:
        """What to show for these keys, and the lines that were ended with Enter; None: Ctrl-C or Ctrl-D."""
        echo = ""
        lines: list[str | None] = []
        for key in self._decoder.decode(data):
            if key in "\r\n":
                lines.append(self._text)
                self._text = ""
                echo += "\r\n"
            elif key in "\x03\x04":
                lines.append(None)
            elif key in "\x7f\b":
                echo += "\b \b" if self._text else ""
                self._text = self._text[:-1]
            elif key == "\x15":
                echo += "\b \b" * len(self._text)
                self._text = ""
            elif printable(key) == key and len(self._text) < LINE_LIMIT:
                self._text += key
                echo += key
        return echo, lines


class Menu:
    """Remembers which page is shown."""

    def __init__(self) -> None:
        self._shown = Show()
        self._rows = self._total = 0

    def answer(self, line: str | None) -> Asked:
        """What a line asks for."""
        if line is None or line.strip().casefold() in {"q", "quit", "exit"}:
            return Leave()
        word = line.strip()
        if not word:
            after = self._shown.skip + self._rows
            return Show(self._shown.search, after if after < self._total else 0)
        if word.isascii() and word.isdigit():
            first, number = self._shown.skip + 1, int(word[:9])
            if first <= number < first + self._rows:
                return Open(number - first)
            return f"there is no {number} in this list; /{number} searches for it"
        return Show(word.removeprefix("/").strip())

    def page(self, shown: Show, rows: Sequence[tuple[str, str]], total: int) -> str:
        """The page as text: activities and resources by their names, which others chose (SEC-22)."""
        self._shown, self._rows, self._total = shown, len(rows), total
        about = f" with “{printable(shown.search)}”" if shown.search else ""
        if not rows:
            lines = [f"there is nothing{about} that you may open over SSH"]
        else:
            numbered = enumerate(rows, shown.skip + 1)
            lines = [f"{number:>6}  {printable(what)} on {printable(where)}" for number, (what, where) in numbered]
            lines.append(f"{shown.skip + 1}–{shown.skip + len(rows)} of {total}{about}: {HELP}")
        return "".join(f"{line}\r\n" for line in ["", *lines]) + PROMPT
