"""Terminals: controlling one, who is in front, size and modes."""

from __future__ import annotations

import fcntl
import os
import termios

from uroot_py.abi import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    # What tcgetattr gives: iflag, oflag, cflag, lflag, ispeed, ospeed, cc.
    Modes: TypeAlias = "list[int | list[bytes | int]]"


def is_terminal(fd: int) -> bool:
    """Whether FD is a terminal."""
    return os.isatty(fd)


def take(fd: int) -> bool:
    """Make FD the controlling terminal of this session, whoever had it; False if it is none."""
    try:
        fcntl.ioctl(fd, termios.TIOCSCTTY, 1)
    except OSError:
        return False
    return True


def foreground(fd: int) -> int:
    """The process group that the terminal FD talks to; 0 when it is not our controlling one."""
    try:
        return os.tcgetpgrp(fd)
    except OSError:
        return 0


def set_foreground(fd: int, group: int) -> None:
    """Let the terminal FD talk to GROUP, whether or not it talks to this process now."""
    # Ref: POSIX tcsetpgrp(): from the background it stops the caller, unless SIGTTOU is held.
    signals.hold((signals.SIGTTOU,))
    try:
        os.tcsetpgrp(fd, group)
    except OSError:
        # The group has ended already, or the line was hung up: nothing is left to talk to.
        return
    finally:
        signals.release((signals.SIGTTOU,))


def size(fd: int) -> tuple[int, int]:
    """Columns and rows; a serial line that does not know says 80 by 24."""
    try:
        columns, rows = os.get_terminal_size(fd)
    except OSError:
        columns, rows = 0, 0
    return columns or 80, rows or 24


def modes(fd: int) -> Modes | None:
    """The modes of the terminal FD, None when it is none."""
    try:
        return termios.tcgetattr(fd)
    except termios.error:
        return None


def set_modes(fd: int, modes: Modes | None) -> None:
    """Put MODES back.

    At once: a line that takes nothing (XOFF, no carrier) would keep us waiting for ever until what
    was written has been sent, and the modes that we change are not those of what was written.
    """
    if modes is not None:
        try:
            termios.tcsetattr(fd, termios.TCSANOW, modes)
        except termios.error:
            # Hung up, or an orphan in the background: there is no terminal to care for.
            return


def raw(fd: int) -> Modes | None:
    """Characters one by one, without echo and without signals; returns the modes to put back.

    Output processing stays on: a line feed still moves to the first column. So does the Enter
    key as a line feed: what is typed ahead suits the command that reads it.
    """
    old = modes(fd)
    if old is None:
        return None
    iflag, oflag, cflag, lflag, ispeed, ospeed, cc = old
    assert isinstance(iflag, int)
    assert isinstance(lflag, int)
    assert isinstance(cc, list)
    iflag = (iflag | termios.ICRNL) & ~(termios.INLCR | termios.IGNCR | termios.ISTRIP)
    lflag &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    keys = list(cc)
    keys[termios.VMIN], keys[termios.VTIME] = 1, 0
    set_modes(fd, [iflag, oflag, cflag, lflag, ispeed, ospeed, keys])
    return old


def sane(fd: int) -> None:
    """Line by line, echoed, with signals: what a program that crashed may have switched off."""
    now = modes(fd)
    if now is None:
        return
    iflag, oflag, _, lflag = now[:4]
    assert isinstance(iflag, int)
    assert isinstance(oflag, int)
    assert isinstance(lflag, int)
    now[0] = (iflag | termios.ICRNL) & ~(termios.INLCR | termios.IGNCR)
    now[1] = oflag | termios.OPOST | termios.ONLCR
    now[3] = lflag | termios.ICANON | termios.ECHO | termios.ECHOE | termios.ISIG | termios.IEXTEN
    set_modes(fd, now)
