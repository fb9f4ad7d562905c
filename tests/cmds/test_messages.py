"""What the small applets say when they cannot do their work, to the letter."""

import pytest

from tests.support.applet import run_applet

CASES = [
    pytest.param(
        "tail -f /nothere", 1, "tail: /nothere: no such file or directory\n", id="tail-follow"
    ),
    pytest.param(
        r"sed s/.*/\U&/", 2, "sed: \\U is not known here; tr changes capitals\n", id="sed-capitals"
    ),
    pytest.param("cat /nothere", 1, "cat: /nothere: no such file or directory\n", id="cat"),
    pytest.param("cat /proc", 1, "cat: /proc: is a directory\n", id="cat-directory"),
    pytest.param("ls /nothere", 2, "ls: /nothere: no such file or directory\n", id="ls"),
    pytest.param(
        "ls -Q", 2, "ls: unknown option -Q; usage: ls [OPTION]... [FILE]...\n", id="ls-option"
    ),
    pytest.param(
        "mount /nothere",
        1,
        "mount: /nothere: not in /etc/fstab; name the device, too: mount DEVICE /nothere\n",
        id="mount-fstab",
    ),
    pytest.param(
        "mount -t tmpfs none /nothere",
        1,
        "mount: mount none on /nothere (tmpfs): ENOENT:"
        " the device or the mount point does not exist\n",
        id="mount-target",
    ),
    pytest.param("umount /no", 1, "umount: /no: no such file or directory\n", id="umount"),
    pytest.param(
        "umount",
        2,
        "umount: an operand is missing; usage: umount [-l] [-f] [-R] DEVICE|DIRECTORY...\n",
        id="umount-nothing",
    ),
    pytest.param(
        "dmesg -l loud", 2, "dmesg: unknown level 'loud'; usage: dmesg [OPTION]...\n", id="dmesg"
    ),
    pytest.param(
        "dmesg -n 9",
        2,
        "dmesg: the console level is 1 to 8, found 9; usage: dmesg [OPTION]...\n",
        id="dmesg-level",
    ),
    pytest.param(
        "reboot now", 2, "reboot: unexpected operand 'now'; usage: reboot [-fn]\n", id="reboot"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), CASES)
def test_message(line, status, text):
    name, *args = line.split()
    done = run_applet(name, *args)
    assert (done.status, done.out, done.err) == (status, "", text)
