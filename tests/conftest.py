"""Markers, and the rule that a skip in CI is a failure."""

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure():
    """A job in the background ignores Ctrl-C; the programs that are tested must not."""
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
    ):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def nobody_ends_by_a_pipe():
    """Python ignores SIGPIPE: a test that changes that would let a later one end them all."""
    yield
    found = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    assert found == signal.SIG_IGN, "SIGPIPE is not ignored any more"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI nothing may be skipped: what a test needs, `make setup` installs."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
