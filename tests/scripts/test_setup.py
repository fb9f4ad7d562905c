"""setup: what is missing is named, and what to do about it; one line for each thing it does."""

import os
import sys

import pytest

from scripts import setup

# An apt-get that notes how it is called; files beside it steer it.
APT_GET = """\
#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
*--simulate*) test -e known ;;
*update*) echo update >>calls; touch known; echo "Hit:1"; test ! -e offline ;;
*install*)
    echo install >>calls
    i=0; while test $i -lt 30; do i=$((i+1)); echo "line $i"; done
    test ! -e stale || { rm stale; exit 100; }
    test ! -e broken || exit 100 ;;
esac
"""


def test_nothing_is_missing_where_the_tests_run():
    assert setup.missing_packages() == []


def test_missing_tools_and_files(monkeypatch, tmp_path):
    needed = (
        ("sh", "dash", ""),
        ("no-such-tool", "b-package", ""),
        (str(tmp_path / "no-such-file"), "a-package", ""),
        (str(tmp_path), "there", ""),
    )
    monkeypatch.setattr(setup, "NEEDED", needed)
    monkeypatch.setattr(setup, "libraries", lambda: (("/no-such-library", "c-package", ""),))
    assert setup.missing_packages() == ["a-package", "b-package", "c-package"]


def test_what_one_architecture_needs_is_for_that_one(monkeypatch, tmp_path):
    monkeypatch.setattr(setup, "NEEDED", ())
    monkeypatch.setattr(setup, "libraries", tuple)
    monkeypatch.setattr(setup, "NEEDED_FOR", {"vax": (("no-such-tool", "for-vax", ""),)})
    assert setup.missing_packages("vax") == ["for-vax"]
    assert setup.missing_packages("x86_64") == setup.missing_packages() == []


@pytest.mark.parametrize(
    ("prefix", "shared", "rows"),
    [
        (
            "/usr",
            1,
            (("/usr/lib/multi/libpython3.so.1.0", "libpython{}.{}", "the freeze"),),
        ),
        ("/usr", 0, ()),
        ("/home/me/python", 1, ()),
    ],
)
def test_the_library_of_this_python(monkeypatch, prefix, shared, rows):
    told = {
        "Py_ENABLE_SHARED": shared,
        "LIBDIR": "/usr/lib/multi",
        "INSTSONAME": "libpython3.so.1.0",
    }
    monkeypatch.setattr("sys.base_prefix", prefix)
    monkeypatch.setattr("sysconfig.get_config_var", told.get)
    version = sys.version_info[:2]
    assert setup.libraries() == tuple((a, b.format(*version), c) for a, b, c in rows)


@pytest.fixture
def apt(monkeypatch, tmp_path):
    """The directory of an apt-get that installs nothing; root's."""
    (tmp_path / "apt-get").write_text(APT_GET)
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path


LISTS = "setup: fetching apt's package lists\n"
INSTALL = "setup: installing 2 Debian packages: dtc xz-utils\n"
WORDS = "apt-get -y -o DPkg::Lock::Timeout=300 install --no-install-recommends dtc xz-utils"
LAST = "\n".join(["", *(f"line {number}" for number in range(19, 31)), ""])
FAILED = f"{LAST}\nsetup: {WORDS}: status 100\n"


@pytest.mark.parametrize(
    ("state", "calls", "printed"),
    [
        (["known"], "install\n", INSTALL),
        ([], "update\ninstall\n", LISTS + INSTALL),
        (
            ["known", "stale"],
            "install\nupdate\ninstall\n",
            INSTALL + "setup: status 100; with new package lists once more\n" + LISTS + INSTALL,
        ),
    ],
    ids=["known", "no lists", "lists older than the archive"],
)
def test_lists_are_fetched_when_they_are_needed(apt, capfd, state, calls, printed):
    for name in state:
        (apt / name).touch()
    setup.install_packages(["dtc", "xz-utils"])
    assert (apt / "calls").read_text() == calls
    assert capfd.readouterr() == (printed, "")


@pytest.mark.parametrize(
    ("state", "printed"),
    [
        (["broken"], LISTS + INSTALL + FAILED),
        (
            ["offline"],
            LISTS + "\nHit:1\n\nsetup: apt-get -y -o DPkg::Lock::Timeout=300 update: status 1\n",
        ),
    ],
)
def test_what_apt_says_is_shown_when_it_fails(apt, capfd, state, printed):
    for name in state:
        (apt / name).touch()
    with pytest.raises(SystemExit) as caught:
        setup.install_packages(["dtc", "xz-utils"])
    assert caught.value.code == (
        "setup: apt-get failed, see above; when that is mended, run again, or as root:\n"
        "  apt-get update && apt-get -y install --no-install-recommends dtc xz-utils"
    )
    assert capfd.readouterr() == (printed, "")


def test_without_root_the_command_is_printed(apt, monkeypatch, capfd):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as caught:
        setup.install_packages(["dtc", "xz-utils"])
    assert caught.value.code == (
        "setup: Debian packages are missing; run as root, then try again:\n"
        "  apt-get update && apt-get -y install --no-install-recommends dtc xz-utils"
    )
    assert not (apt / "calls").exists()
    assert capfd.readouterr() == ("", "")


def test_without_apt_the_packages_are_named(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SystemExit) as caught:
        setup.install_packages(["dtc", "xz-utils"])
    assert caught.value.code == (
        "setup: there is no apt-get; install what Debian calls dtc xz-utils"
    )


def test_a_long_step_says_what_it_does_and_ends_at_its_limit(monkeypatch, capfd):
    monkeypatch.setattr(setup, "PROGRESS", 0.2)
    step = setup.Step("waiting", ["sh", "-c", "echo unpacking; exec sleep 100"], 1, os.environ)
    assert step.run() == "not finished after 1 s"
    out = capfd.readouterr().out.splitlines()
    assert out[:2] == ["setup: waiting", "setup: 0 s (at most 1): unpacking"]


def test_a_failed_pip_leaves_no_environment(monkeypatch, tmp_path):
    def create(path, **options):  # the real one takes 13 s
        (path / "bin").mkdir(parents=True)
        (path / "bin/python").symlink_to("/bin/false")

    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "venv/setup.stamp")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr("venv.create", create)
    with pytest.raises(SystemExit) as caught:
        setup.make_environment()
    assert caught.value.code == "setup: pip failed, see above; is there a network?"
    assert not (tmp_path / "venv").exists()


def test_an_environment_that_is_lent_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "main/.venv").mkdir(parents=True)
    (tmp_path / ".venv").symlink_to(tmp_path / "main/.venv")
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "install_packages", lambda packages: pytest.fail("installed"))
    wanted = f"^setup: {tmp_path}/.venv is a link; make it in {tmp_path}/main$"
    with pytest.raises(SystemExit, match=wanted):
        setup.main()
    assert not list((tmp_path / "main/.venv").iterdir())


def test_every_row_names_a_package_and_a_reason():
    assert all(need and package and why for need, package, why in setup.NEEDED)
