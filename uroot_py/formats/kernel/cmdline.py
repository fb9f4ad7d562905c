"""The kernel command line.

Words are separated by white space outside double quotes; quotes stay part of the word, ``-`` and
``_`` in a key are the same, everything after ``--`` belongs to init.
Ref: Documentation/admin-guide/kernel-parameters.rst; lib/cmdline.c, next_arg().
"""

from __future__ import annotations


def split(line: str) -> list[str]:
    """The words of LINE, with their quotes; an open quote runs to the end, as in the kernel."""
    words: list[str] = []
    word = ""
    quoted = False
    for char in line:
        if char == '"':
            quoted = not quoted
        if char.isspace() and not quoted:
            if word:
                words.append(word)
            word = ""
        else:
            word += char
    return [*words, word] if word else words


def key(word: str) -> str:
    """The key of a word, ``-`` read as ``_``: ``foo-bar=1`` and ``"foo_bar=1"`` -> ``foo_bar``."""
    return word.lstrip('"').split("=", 1)[0].rstrip('"').replace("-", "_")


def value(word: str) -> str:
    """The value of a word without its quotes; a word without ``=`` has the value ''."""
    bare = word[1:] if word.startswith('"') else word
    return bare.partition("=")[2].strip('"')


def values(line: str, name: str) -> list[str]:
    """Every value that LINE gives the key NAME, in order."""
    wanted = name.replace("-", "_")
    return [value(word) for word in split(line) if key(word) == wanted]


def last(line: str, name: str) -> str | None:
    """The last value of the key NAME, or None where the key is absent."""
    found = values(line, name)
    return found[-1] if found else None


def without(line: str, *names: str) -> str:
    """LINE without the words whose keys are in NAMES."""
    gone = {name.replace("-", "_") for name in names}
    return " ".join(word for word in split(line) if key(word) not in gone)


def picked(line: str, *names: str) -> str:
    """The words of LINE whose keys are in NAMES, all of them, as they are written."""
    kept = {name.replace("-", "_") for name in names}
    return " ".join(word for word in split(line) if key(word) in kept)


def joined(*lines: str) -> str:
    """The non-empty LINES with one space between them."""
    return " ".join(line.strip() for line in lines if line.strip())


def module_parameters(line: str) -> dict[str, str]:
    """``module.parameter=value`` words as {module: "parameter=value ..."} for insmod."""
    found: dict[str, list[str]] = {}
    for word in split(line):
        if word == "--":
            break
        module, dot, _ = key(word).partition(".")
        if dot and module:
            found.setdefault(module, []).append(word.partition(".")[2])
    return {module: " ".join(words) for module, words in found.items()}


def next_cmdline(
    line: str,
    running: str,
    *,
    remove: tuple[str, ...] = (),
    reuse: tuple[str, ...] = (),
    append: str = "",
    linux: bool = True,
) -> str:
    """The command line for the next kernel.

    LINE without REMOVE, then the REUSE words of the RUNNING kernel, then APPEND. With neither
    REMOVE nor REUSE the console stays where it is: all ``console=`` words of the running kernel
    replace those of LINE, so that who sees this sees the next kernel, too. What is not LINUX has
    other words for its console, or none.
    """
    if linux and not remove and not reuse and last(running, "console") is not None:
        remove = reuse = ("console",)
    kept = without(line, *remove) if remove else line
    return joined(kept, picked(running, *reuse), append)
