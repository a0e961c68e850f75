"""PURE: the line that stands in a terminal when Enter is pressed, as far as it can be told from outside.

What was typed says what was typed: pasted and erased text too, but not what a shell put there (history, completion).
What is shown says that, but comes later and has a prompt before it. So both are looked at.
"""

from __future__ import annotations

import codecs
import re

ENTER = re.compile(rb"[\r\n\x0f]")
"""What makes a shell run the line: Enter, Ctrl+J, and Ctrl+O, which also fetches the next one of the history."""

LONGEST = 8192  # characters of a line that are looked at
_KEYS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O])|[^\x00-\x1f\x7f\x1b]+|[\x00-\x1a\x1c-\x1f\x7f\n]")
_HALF_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")
_WORD_BEFORE = re.compile(r"\S+\s*\Z")
_PART_BEFORE = re.compile(r"\w+\W*\Z")
_PART_BEHIND = re.compile(r"\W*\w*")
_HOME = {"\x01", "\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"}
_END = {"\x05", "\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"}
_LEFT = {"\x02", "\x1b[D", "\x1bOD"}
_RIGHT = {"\x06", "\x1b[C", "\x1bOC"}
_WORD_LEFT = {"\x1bb", "\x1b[1;5D", "\x1b[1;3D"}
_WORD_RIGHT = {"\x1bf", "\x1b[1;5C", "\x1b[1;3C"}
_DROP = {"\x03", "\x07"}
_HISTORY = {
    "\x10",
    "\x0e",
    "\x12",
    "\x13",
    "\x1b[A",
    "\x1bOA",
    "\x1b[B",
    "\x1bOB",
    "\x1b<",
    "\x1b>",
    "\x1bp",
    "\x1bn",
}
_QUIET = {"\x0c", "\x1b[200~", "\x1b[201~"}


class TypedLine:
    """What the person typed of the line, with what they took back taken back by the keys of readline and terminals.

    `uncertain`: a key was pressed by which the shell may have put something into the line, and it is not shown yet.
    """

    def __init__(self) -> None:
        self.uncertain = False
        self.pasting = False
        self._text = ""
        self._at = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def text(self) -> str:
        return self._text

    def clear(self) -> None:
        """The line is no more."""
        self._text, self._at, self._rest, self.uncertain = "", 0, "", False

    def take(self, data: bytes) -> None:
        """These keys were pressed, none of them Enter unless text is being pasted."""
        text = self._rest + self._decoder.decode(data)
        half = _HALF_KEY.search(text)
        self._rest = half.group() if half else ""
        for key in _KEYS.findall(text[: len(text) - len(self._rest)]):
            self._press(key)

    def _press(self, key: str) -> None:
        before, behind = self._text[: self._at], self._text[self._at :]
        if key in {"\r", "\n"}:  # of a text that is pasted
            self._put(before + "\n", behind)
        elif key[0] >= " " and key[0] != "\x7f":
            self._put(before + key, behind)
        elif key in {"\x7f", "\x08"}:
            self._put(before[:-1], behind)
        elif key in {"\x04", "\x1b[3~"}:
            self._put(before, behind[1:])
        elif key == "\x15":
            self._put("", behind)
        elif key == "\x0b":
            self._put(before, "")
        elif key == "\x17":
            self._put(_WORD_BEFORE.sub("", before), behind)
        elif key in {"\x1b\x7f", "\x1b\x08"}:
            self._put(_PART_BEFORE.sub("", before), behind)
        elif key == "\x1bd":
            self._put(before, _PART_BEHIND.sub("", behind, count=1))
        elif key in _DROP or key in _HISTORY:
            self._put("", "")
            self.uncertain = key in _HISTORY
        elif not self._move(key, before, behind):
            self.pasting = key == "\x1b[200~" or (self.pasting and key != "\x1b[201~")
            self.uncertain = self.uncertain or key not in _QUIET

    def _move(self, key: str, before: str, behind: str) -> bool:
        if key in _HOME:
            self._at = 0
        elif key in _END:
            self._at = len(self._text)
        elif key in _LEFT:
            self._at = max(0, self._at - 1)
        elif key in _RIGHT:
            self._at = min(len(self._text), self._at + 1)
        elif key in _WORD_LEFT:
            self._at = len(_PART_BEFORE.sub("", before))
        elif key in _WORD_RIGHT:
            found = _PART_BEHIND.match(behind)
            self._at += found.end() if found else 0
        else:
            return False
        return True

    def _put(self, before: str, behind: str) -> None:
        self._text, self._at = (before + behind)[:LONGEST], min(len(before), LONGEST)


_OUTPUT = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
    r"|([^\x00-\x1f\x7f\x1b]+)|([\x00-\x1a\x1c-\x1f\x7f])"
)
_HALF_OUTPUT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_MODE = re.compile(r"\x1b\[\?(1049|1047|47|2004)([hl])")
_LONGEST_CODE = 512
_LOOKED_AT = 4096  # characters of what came at once, and the line in which they begin
MOST_GUESSES = 20
_PROMPT_END = re.compile(r"-search\)[^:]*: |[$#%>] ")


class ShownLine:
    """The line of the terminal in which the cursor is, over as many rows as it takes.

    `full_screen`: a program has the whole screen to itself, so that there is no such line. `takes_pastes`: whoever
    reads the keys tells pasted text apart, so that a line end in it is none.
    """

    def __init__(self, width: int) -> None:
        self.width = max(2, width)
        self.full_screen = self.takes_pastes = False
        self._cells: list[str] = []
        self._at = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def text(self) -> str:
        return "" if self.full_screen else "".join(self._cells).rstrip()

    def take(self, data: bytes) -> None:
        """The target said this."""
        text = self._rest + self._decoder.decode(data)
        half = _HALF_OUTPUT.search(text, max(0, len(text) - _LONGEST_CODE))
        self._rest = half.group() if half else ""
        text = text[: len(text) - len(self._rest)]
        if "\x1b[?" in text:
            for found in _MODE.finditer(text):
                if found[1] == "2004":
                    self.takes_pastes = found[2] == "h"
                else:
                    self.full_screen = found[2] == "h"
        if len(text) > _LOOKED_AT and (last := text.rfind("\n", 0, -_LOOKED_AT)) >= 0:
            # What has scrolled away by now is nearly all of a long output.
            self.forget()
            text = text[last + 1 :]
        for found in _OUTPUT.finditer(text):
            parameters, code, run, control = found.groups()
            if run is not None:
                self._write(run)
            elif control is not None:
                self._control(control)
            elif code is not None:
                self._code(parameters, code)

    def forget(self) -> None:
        """Begin with an empty line."""
        self._cells, self._at = [], 0

    def _write(self, run: str) -> None:
        self._fill(self._at)
        self._cells[self._at : self._at + len(run)] = run
        self._at += len(run)
        if len(self._cells) > LONGEST:
            del self._cells[LONGEST:]
            self._at = min(self._at, LONGEST)

    def _fill(self, length: int) -> None:
        if len(self._cells) < length:
            self._cells.extend(" " * (length - len(self._cells)))

    def _control(self, control: str) -> None:
        if control == "\r":
            self._at -= self._at % self.width
        elif control == "\b":
            self._at = max(0, self._at - 1)
        elif control == "\t":
            self._at = min(LONGEST, self._at + 8 - self._at % 8)
            self._fill(self._at)
        elif control == "\n":
            if self._at // self.width < (len(self._cells) - 1) // self.width:
                self._at += self.width  # into a row that the line has already
            else:
                self.forget()

    def _code(self, parameters: str, code: str) -> None:
        first = parameters.split(";")[0]
        number = min(int(first), LONGEST) if first.isdigit() else 0
        count = max(1, number)
        if code in "CDABG":
            step = {"C": count, "D": -count, "A": -count * self.width, "B": count * self.width}
            row = self._at - self._at % self.width
            self._at = min(LONGEST, max(0, row + count - 1 if code == "G" else self._at + step[code]))
        elif code == "P":
            self._shift(self._at, self._at + count, 0)
        elif code == "@":
            self._fill(self._at)
            self._shift(self._at, self._at, min(count, self.width))
        elif code in "JK" and number == 0:
            if code == "J" or self._row_end >= len(self._cells):
                del self._cells[self._at :]
            else:
                self._cells[self._at : self._row_end] = " " * (self._row_end - self._at)
        elif code in "JKHf":
            self.forget()

    @property
    def _row_end(self) -> int:
        return self._at - self._at % self.width + self.width

    def _shift(self, first: int, last: int, blanks: int) -> None:
        """Put so many blanks in the place of these cells of one row; other rows stay where they are."""
        end = self._row_end
        row = [*" " * blanks, *self._cells[min(last, end) : end]]
        behind = self._cells[end:]
        if behind:
            row = (row + [" "] * self.width)[: end - first]
        self._cells[first:] = row[: end - first] + behind


class CommandLine:
    """Both together: what may be the command when Enter is pressed."""

    def __init__(self, width: int) -> None:
        self.typed = TypedLine()
        self.shown = ShownLine(width)
        self._prompt: str | None = None

    @property
    def pasting(self) -> bool:
        """Whether a line end is text that is being pasted, and runs nothing yet."""
        return self.typed.pasting and self.shown.takes_pastes

    def type(self, data: bytes, *, hidden: bool = False) -> None:
        """Keys, none of them Enter unless text is being pasted. `hidden` ones may be a secret: they count if shown."""
        if self._prompt is None:
            self._prompt = self.shown.text
        if hidden:
            self.typed.uncertain = True
        else:
            self.typed.take(data)

    def run(self) -> None:
        """Enter was passed on: the next line begins."""
        self.typed.clear()
        self._prompt = None

    def drop(self) -> None:
        """The line was taken away, and the target will show a new one."""
        self.run()
        self.shown.forget()

    def commands(self) -> list[str]:
        """What the line may say. The words of the prompt are in it only where they can't be told apart."""
        shown, prompt = self.shown.text, self._prompt
        found = self.typed.text.split("\n")
        if prompt is not None and shown.startswith(prompt):
            found.append(shown[len(prompt) :])
        elif prompt is not None:
            found += [shown, *(shown[end.end() :] for end in _PROMPT_END.finditer(shown))][:MOST_GUESSES]
        return list(dict.fromkeys(line.strip() for line in found if line.strip()))
