"""Where packages of an architecture come from."""

import platform

import pytest

from initramfs.debian import source_of, suite_for

SUITES = [
    pytest.param("riscv64", "bookworm", "trixie", id="Debian 12 has no riscv64"),
    pytest.param("riscv64", "trixie", "", id="Debian 13 has"),
    pytest.param("riscv64", None, "", id="another distribution"),
    pytest.param("arm64", "bookworm", "", id="arm64"),
]


@pytest.mark.parametrize(("architecture", "suite", "expected"), SUITES)
def test_the_suite(monkeypatch, architecture, suite, expected):
    release = {"VERSION_CODENAME": suite} if suite else {}
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert suite_for(architecture) == expected


def test_its_source_is_signed_by_debian():
    assert source_of("trixie") == (
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        " http://deb.debian.org/debian trixie main\n"
    )
