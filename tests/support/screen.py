"""A terminal for tests: what a person would see after these characters."""

import re
import unicodedata

from uroot_py.terminal.console import Terminal

CSI = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """A screen of characters, as a VT100 draws it: the subset that menus and editors may use."""

    def __init__(self, columns=80, rows=24):
        self.columns = columns
        self.height = rows
        self.rows = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.paint = 0  # 7 is reversed, 33 is yellow
        self.marked = set()
        self.yellow = set()
        self.bytes = 0

    def write(self, text):
        self.bytes += len(text.encode())
        at = 0
        while at < len(text):
            found = CSI.match(text, at)
            if found:
                self.control(found[1], found[2])
                at = found.end()
                continue
            self.char(text[at])
            at += 1

    def char(self, char):
        if char == "\n":
            self.column = 0
            self.line_feed()
        elif char == "\r":
            self.column = 0
        elif char == "\b":
            assert self.column > 0, "backspace at the left border"
            self.column -= 1
        else:
            assert char.isprintable(), f"{char!r} reached the terminal"
            self.put(char)

    def put(self, char):
        if unicodedata.combining(char):
            self.rows[self.row][self.column - 1] += char
            return
        wide = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        assert self.column + wide <= self.columns, "wrote past the right border"
        self.rows[self.row][self.column] = char
        if wide == 2:
            self.rows[self.row][self.column + 1] = ""
        if self.paint == 7:
            self.marked.add(self.row)
        if self.paint == 33:
            self.yellow.add(self.row)
        self.column += wide

    def line_feed(self):
        if self.row < self.height - 1:
            self.row += 1
            return
        del self.rows[0]
        self.rows.append([" "] * self.columns)
        self.marked = {row - 1 for row in self.marked}
        self.yellow = {row - 1 for row in self.yellow}

    def control(self, argument, final):
        numbers = [int(field) if field.isdigit() else 0 for field in argument.split(";")]
        if final == "H":
            self.row = max(numbers[0], 1) - 1
            self.column = max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif final == "K":
            self.rows[self.row][self.column :] = [" "] * (self.columns - self.column)
            if self.column == 0:
                self.marked.discard(self.row)
                self.yellow.discard(self.row)
        elif final == "J" and numbers[0] == 2:
            self.rows = [[" "] * self.columns for _ in range(self.height)]
            self.marked.clear()
            self.yellow.clear()
        elif final == "J" and numbers[0] == 0:
            self.rows[self.row][self.column :] = [" "] * (self.columns - self.column)
            for row in range(self.row + 1, self.height):
                self.rows[row] = [" "] * self.columns
        elif final == "m":
            self.paint = numbers[-1]
        elif final in "hl" and argument in ("?25", "?7"):
            pass
        else:
            raise AssertionError(f"unexpected control sequence {argument}{final}")

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]

    def text(self):
        return "\n".join(self.lines()).rstrip("\n")


class Scripted(Terminal):
    """The place of a Terminal: keys come from a list, characters go to a Screen."""

    def __init__(self, keys, columns=80, rows=24, dumb=False):
        super().__init__([], dumb=dumb)
        self.keys = list(keys)
        self.screen = Screen(columns, rows)
        self.is_terminal = True
        self.now = 0.0
        self.seen = []  # the screen each time that a key was asked for

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def clock(self):
        return self.now

    def size(self):
        return self.screen.columns, self.screen.height

    def write(self, text):
        self.screen.write(text)

    def waiting(self, milliseconds=0):
        return False

    def key(self, seconds=None, also=()):
        """The next key; a number is how long the person waits."""
        self.seen.append(self.screen.text())
        assert self.keys, f"no key is left for\n{self.screen.text()}"
        if isinstance(self.keys[0], int | float):
            step = self.keys[0] if seconds is None else min(seconds, self.keys[0])
            self.now += step
            self.keys[0] -= step
            if self.keys[0] <= 1e-9:
                self.keys.pop(0)
            return ""
        return self.keys.pop(0)
