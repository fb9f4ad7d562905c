"""Profiles of a unified kernel image, and the texts of its sections."""

from types import SimpleNamespace
from typing import Any

import pytest

from uroot_py.formats.kernel.uki import MAX_PROFILES, command_line, profiles, text


def image(*sections) -> Any:
    """A file with these sections, in their order, as pe.parse gives it."""
    return SimpleNamespace(
        sections=[SimpleNamespace(name=name, data=data) for name, data in sections]
    )


def shown(made) -> Any:
    return [
        {name: each.data for name, each in found.items()} for found in list[Any](profiles(made))
    ]


# Ref: UAPI.5, "Multi-Profile UKIs"; name: the sections, the profiles that a stub sees
IMAGES = {
    "without profiles": (
        [(".linux", 1), (".cmdline", 2), (".cmdline", 3)],
        [{".linux": 1, ".cmdline": 2}],
    ),
    "two": (
        [(".linux", 1), (".cmdline", 2), (".profile", 3), (".profile", 4), (".cmdline", 5)],
        [
            {".linux": 1, ".cmdline": 2, ".profile": 3},
            {".linux": 1, ".cmdline": 5, ".profile": 4},
        ],
    ),
    "the first of a profile's own counts": (
        [(".linux", 1), (".profile", 2), (".cmdline", 3), (".cmdline", 4)],
        [{".linux": 1, ".profile": 2, ".cmdline": 3}],
    ),
    "nothing but profiles": ([(".profile", 1)], [{".profile": 1}]),
    "nothing": ([], [{}]),
}


@pytest.mark.parametrize("name", IMAGES)
def test_profiles(name):
    sections, expected = IMAGES[name]
    assert shown(image(*sections)) == expected


def test_profiles_are_bounded():
    assert len(profiles(image(*[(".profile", n) for n in range(100)]))) == MAX_PROFILES


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"root=/dev/sda1 ro", "root=/dev/sda1 ro"),
        (b"quiet\n\0padding", "quiet"),
        (b"  a\tb\r\nc  \0", "a b  c"),
        (b"\0x", ""),
    ],
)
def test_command_line(data, expected):
    assert command_line(data) == expected


def test_text_keeps_what_is_no_utf8():
    assert text(b"a\xffb\n\0c").encode("utf-8", "surrogateescape") == b"a\xffb\n"
