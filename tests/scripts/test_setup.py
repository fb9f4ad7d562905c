"""setup: what is missing is named, and what to do about it."""

import pytest

from scripts import setup


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
    assert setup.missing_packages() == ["a-package", "b-package"]


def test_without_root_the_command_is_printed(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as caught:
        setup.install_packages(["dtc", "xz-utils"])
    assert caught.value.code == (
        "setup: missing packages; run as root:\n"
        "  apt-get install -y --no-install-recommends dtc xz-utils"
    )


def test_a_failed_pip_leaves_no_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "venv/setup.stamp")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr("venv.create", lambda path, **options: path.mkdir())  # the real: 13 s
    monkeypatch.setattr(setup, "run", lambda words, environment: 1)
    with pytest.raises(SystemExit, match="setup: pip failed, see above"):
        setup.make_environment()
    assert not (tmp_path / "venv").exists()


def test_every_row_names_a_package_and_a_reason():
    assert all(need and package and why for need, package, why in setup.NEEDED)
