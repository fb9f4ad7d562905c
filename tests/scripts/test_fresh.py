"""fresh: what it reads from the README and from this machine. A whole run is `make test-fresh`."""

import os
import subprocess

import pytest

from scripts import fresh

README = """\
# A thing

## Try it: two commands

With `gcc`, and `python3 make
git`:

    make one two
    make check

Then

    something else

## Next
"""

SOURCES = """\
# deb http://old.example bookworm main
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
"""
LIST = "deb [signed-by=/k.gpg] http://mirror.example/sec bookworm-security main # bookworms\n"

LISTING = """\
:env:.cert='/etc/ssl/ca.crt'
global.cert='/etc/ssl/old.crt'
global.extra-index-url='https://index.example/simple'
install.no-binary='a,b'
"""


def test_the_readme_of_this_project():
    text = (fresh.ROOT / "README.md").read_text()
    assert fresh.readme_commands(text) == ["make initramfs test-kvm", "make check test"]
    assert {"python3", "python3-venv", "gcc", "make", "git"} <= set(fresh.readme_packages(text))


def test_readme():
    assert fresh.readme_commands(README) == ["make one two", "make check"]
    assert fresh.readme_packages(README) == ["python3", "make", "git"]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (
            fresh.readme_commands,
            README.replace("two", "2"),
            "README.md: expected a section '## ... two commands', found none",
        ),
        (
            fresh.readme_commands,
            "## two commands\nnone\n",
            "README.md: expected an indented block with the two commands, found none",
        ),
        (
            fresh.readme_packages,
            README.replace("python3", "perl"),
            "README.md: expected the packages it needs (`python3 ...`), found none",
        ),
    ],
)
def test_a_readme_that_does_not_say(read, text, message):
    with pytest.raises(fresh.FreshError) as caught:
        read(text)
    assert str(caught.value) == message


def machine(etc, **sources):
    """An /etc of a Debian 12 with these sources."""
    (etc / "apt/sources.list.d").mkdir(parents=True)
    (etc / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    for name, text in sources.items():
        (etc / "apt/sources.list.d" / name.replace("_", ".")).write_text(text)
    return etc


def test_sources_of_another_suite(tmp_path):
    etc = machine(tmp_path, debian_sources=SOURCES, off_sources_bak=SOURCES, other_list="deb x y z")
    (etc / "apt/sources.list").write_text(LIST)
    assert fresh.apt_sources("trixie", etc) == {
        "sources.list": LIST.replace("bookworm-", "trixie-"),
        "debian.sources": "Types: deb\nURIs: http://mirror.example/debian\n"
        "Suites: trixie trixie-updates\n",
    }


def test_a_machine_without_sources_of_its_suite(tmp_path):
    etc = machine(tmp_path, other_list="deb http://a.example stable main\n")
    with pytest.raises(fresh.FreshError) as caught:
        fresh.apt_sources("trixie", etc)
    assert str(caught.value) == (
        f"{etc}/apt: expected sources of this machine's suite bookworm, found none"
    )


def test_settings_of_pip():
    """The environment's come first in the listing, and win."""
    assert fresh.pip_settings(LISTING) == (
        "[global]\ncert = /etc/ssl/ca.crt\nextra-index-url = https://index.example/simple\n"
        "[install]\nno-binary = a,b\n"
    )


def test_paths_that_pip_is_told(tmp_path):
    for name in ("index/simple", "wheels"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "limits.txt").touch()
    settings = (
        f"[global]\nconstraint = {tmp_path}/limits.txt\nfind-links = {tmp_path}/wheels\n"
        f"extra-index-url = file://{tmp_path}/index/simple {tmp_path}/gone\n"
        "index-url = https://index.example/simple\n"
    )
    assert fresh.named_paths(settings) == [
        tmp_path / "index",
        tmp_path / "limits.txt",
        tmp_path / "wheels",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bookworm"], "fresh: namespaces and mounts need root; run: sudo fresh.py bookworm\n"),
        (["--shell", "trixie", "true"], "fresh: --shell and a command exclude each other\n"),
    ],
)
def test_refusals(monkeypatch, capsys, words, message):
    monkeypatch.setattr("sys.argv", ["fresh.py", *words])
    monkeypatch.setattr("os.geteuid", lambda: 1000 if "root" in message else 0)
    monkeypatch.setattr("shutil.which", lambda tool: f"/bin/{tool}")
    assert fresh.main() == 1
    assert capsys.readouterr().err == message


def test_missing_tools(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fresh.py", "bookworm"])
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda tool: None if tool == "mmdebstrap" else tool)
    assert fresh.main() == 1
    assert capsys.readouterr().err == "fresh: mmdebstrap: not installed; run: make setup\n"


def test_the_end_of_a_run_ends_its_processes():
    """The tool is killed when the front process holds the pipe no more."""
    life, hold = os.pipe()
    run = fresh.Run("bookworm", life)
    process = subprocess.Popen(["sleep", "1000"])
    os.close(hold)
    with pytest.raises(fresh.FreshError, match="ended by a signal"):
        run.wait(process)
    os.close(life)
    assert process.returncode == -9
