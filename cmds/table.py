"""The one list of applets, and every fact about one that another place needs.

Dispatch, ``--list``, the image's links, docs/commands.md, the shell's quick applets, the parts of a
report, the minimal profile and the tests come from it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    Run = Callable[[list[str], TextIO, TextIO, TextIO], int]


class Applet:
    """One row: name, module, section, summary, other names, and what else is derived from it.

    The module is ``cmds.MODULE``, function ``run`` unless ``MODULE:FUNCTION`` names another:
    a module with several rows serves commands that are one piece of code with another ending.
    QUICK: the shell runs it in its own process; it needs no input, ends at once and leaves nothing
    behind. MINIMAL: it is in the minimal profile. REPORT: the arguments with which `report` runs
    it, None for not at all.
    """

    __slots__ = (
        "aliases", "minimal", "module", "name", "quick", "report", "section", "summary",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        module: str,
        section: str,
        summary: str,
        aliases: tuple[str, ...] = (),
        *,
        quick: bool = False,
        minimal: bool = False,
        report: str | None = None,
    ) -> None:
        self.name = name
        self.module = module
        self.section = section
        self.summary = summary
        self.aliases = aliases
        self.quick = quick
        self.minimal = minimal
        self.report = report


TABLE = (
    Applet(
        "boot",
        "boot",
        "boot",
        "find the systems on this machine's disks and start one",
        minimal=True,
        report="--explain --json",
    ),
    Applet("fdtdump", "fdtdump", "boot", "print a flattened device tree"),
    Applet(
        "init",
        "init",
        "boot",
        "first process: prepare the machine, boot, or give a shell",
        minimal=True,
    ),
    Applet("kexec", "kexec", "boot", "load another kernel and start it", minimal=True),
    Applet("memmap", "memmap", "boot", "show the physical memory map from every source", report=""),
    Applet("basename", "basename", "files", "print the last part of paths", quick=True),
    Applet("bunzip2", "gzip:bunzip2", "files", "unpack files"),
    Applet("bzcat", "gzip:bzcat", "files", "show what is in packed files"),
    Applet("bzip2", "gzip:bzip2", "files", "pack files with bzip2"),
    Applet("cat", "cat", "files", "copy files to the output", minimal=True),
    Applet("chgrp", "chmod:chgrp", "files", "change the groups of files"),
    Applet("chmod", "chmod", "files", "change the modes of files", quick=True),
    Applet("chown", "chmod:chown", "files", "change the owners of files", quick=True),
    Applet("cmp", "cmp", "files", "compare two files byte by byte"),
    Applet("cp", "cp", "files", "copy files and directories"),
    Applet("cpio", "cpio", "files", "unpack, list or make the archives of an initramfs"),
    Applet("cut", "cut", "files", "print parts of lines"),
    Applet("df", "df", "files", "show how full the file systems are", quick=True),
    Applet("dirname", "basename:dirname", "files", "print the directory part of paths", quick=True),
    Applet("du", "du", "files", "sum up how much room files take"),
    Applet("echo", "echo", "files", "print words", quick=True),
    Applet("edit", "edit", "files", "edit a text file on the screen", ("nano", "vi")),
    Applet("egrep", "grep:egrep", "files", "grep with extended regular expressions"),
    Applet("fgrep", "grep:fgrep", "files", "grep for plain text"),
    Applet("find", "find", "files", "look for files in a directory tree"),
    Applet("grep", "grep", "files", "print the lines that a pattern matches"),
    Applet("gunzip", "gzip:gunzip", "files", "unpack files"),
    Applet("gzip", "gzip", "files", "pack files"),
    Applet("head", "head", "files", "print the beginning of files"),
    Applet("hexdump", "hexdump", "files", "print bytes in hexadecimal"),
    Applet("ln", "ln", "files", "make links"),
    Applet("ls", "ls", "files", "list directories", quick=True, minimal=True),
    Applet("md5sum", "md5sum", "files", "print or check MD5 sums"),
    Applet("mkdir", "mkdir", "files", "make directories", quick=True),
    Applet("more", "more", "files", "show a text page by page", ("less",)),
    Applet("mv", "mv", "files", "move or rename files"),
    Applet("readlink", "readlink", "files", "print where a link leads", quick=True),
    Applet(
        "realpath", "readlink:realpath", "files", "print paths without any link in them", quick=True
    ),
    Applet("rm", "rm", "files", "remove files and directories"),
    Applet("rmdir", "mkdir:rmdir", "files", "remove empty directories", quick=True),
    Applet("sed", "sed", "files", "edit a stream of lines"),
    Applet("sha1sum", "md5sum:sha1sum", "files", "print or check SHA-1 sums"),
    Applet("sha256sum", "md5sum:sha256sum", "files", "print or check SHA-256 sums"),
    Applet("sha512sum", "md5sum:sha512sum", "files", "print or check SHA-512 sums"),
    Applet("sort", "sort", "files", "sort lines"),
    Applet("stat", "stat", "files", "show everything about a file", quick=True),
    Applet("strings", "strings", "files", "print the text inside of binary files"),
    Applet("tail", "tail", "files", "print the end of files, and follow them as they grow"),
    Applet("tar", "tar", "files", "pack files into an archive, or unpack one"),
    Applet("tee", "tee", "files", "copy the input to files and to the output"),
    Applet("touch", "touch", "files", "change the times of files, or make empty ones", quick=True),
    Applet("tr", "tr", "files", "change or remove characters"),
    Applet("uniq", "uniq", "files", "leave out lines that repeat the one before"),
    Applet("unxz", "gzip:unxz", "files", "unpack files"),
    Applet("unzstd", "gzip:unzstd", "files", "unpack files"),
    Applet("wc", "wc", "files", "count lines, words and bytes"),
    Applet("xz", "gzip:xz", "files", "pack files with xz"),
    Applet("xzcat", "gzip:xzcat", "files", "show what is in packed files"),
    Applet("zcat", "gzip:zcat", "files", "show what is in packed files"),
    Applet("zstd", "gzip:zstd", "files", "pack files with zstd"),
    Applet("zstdcat", "gzip:zstdcat", "files", "show what is in packed files"),
    Applet("dhclient", "dhclient", "network", "get addresses from a DHCP server"),
    Applet("ip", "ip", "network", "show and change links, addresses and routes", report="addr"),
    Applet("nc", "nc", "network", "connect the input and output with a machine on the network"),
    Applet("nslookup", "nslookup", "network", "ask the name servers about a name or an address"),
    Applet("ping", "ping", "network", "ask a machine whether it is there"),
    Applet(
        "pxe",
        "pxe",
        "network",
        "show what the network offers to boot, raw and explained",
    ),
    Applet("tftp", "tftp", "network", "fetch a file by TFTP"),
    Applet("wget", "wget", "network", "fetch files by HTTP"),
    Applet("[", "test:bracket", "system", "the same as test, with a closing ]", quick=True),
    Applet("blkid", "blkid", "system", "say what block devices hold", report=""),
    Applet("chroot", "chroot", "system", "run a command with another directory as its root"),
    Applet("clear", "clear", "system", "empty the screen"),
    Applet("cryptsetup", "cryptsetup", "system", "open, close and describe encrypted volumes"),
    Applet("date", "date", "system", "print or set the date and the time", quick=True),
    Applet("dd", "dd", "system", "copy blocks of a file or a device"),
    Applet("dmesg", "dmesg", "system", "print the kernel's log", minimal=True, report=""),
    Applet("dmsetup", "dmsetup", "system", "show, make and remove device-mapper's devices"),
    Applet("efivar", "efivar", "system", "list and print the firmware's variables", report=""),
    Applet("env", "env", "system", "print the environment, or run a command in a changed one"),
    Applet("false", "true:false", "system", "do nothing, without success"),
    Applet("free", "free", "system", "show how much memory is used and free", quick=True),
    Applet("halt", "poweroff:halt", "system", "sync and stop the processor"),
    Applet("hostname", "hostname", "system", "print or set the name of this machine", quick=True),
    Applet("id", "id", "system", "print who runs this: user and groups", quick=True),
    Applet("insmod", "insmod", "system", "load a kernel module from a file"),
    Applet("kill", "kill", "system", "send a signal to processes"),
    Applet("losetup", "losetup", "system", "make a file a block device"),
    Applet("lsblk", "lsblk", "system", "list the block devices as a tree", report=""),
    Applet("lsmod", "lsmod", "system", "list the loaded kernel modules", quick=True),
    Applet("lspci", "lspci", "system", "list the devices on the PCI bus", report=""),
    Applet("lsusb", "lsusb", "system", "list the devices on the USB", report=""),
    Applet("lvs", "lvs", "system", "list logical volumes"),
    Applet("mdadm", "mdadm", "system", "put md arrays together read-only, show and stop them"),
    Applet("modprobe", "modprobe", "system", "load or remove a kernel module and what it needs"),
    Applet(
        "mount",
        "mount",
        "system",
        "mount a file system, or list the mounts",
        minimal=True,
        report="",
    ),
    Applet(
        "pidof", "pidof", "system", "print the numbers of the processes with a name", quick=True
    ),
    Applet("poweroff", "poweroff", "system", "sync and switch the machine off", minimal=True),
    Applet("printenv", "env:printenv", "system", "print variables of the environment", quick=True),
    Applet("printf", "printf", "system", "print a text made from a format", quick=True),
    Applet("ps", "ps", "system", "list processes", quick=True, report=""),
    Applet("pvs", "lvs:pvs", "system", "list physical volumes"),
    Applet("reboot", "poweroff:reboot", "system", "sync and restart the machine", minimal=True),
    Applet("report", "report", "system", "put what is known about this machine into one archive"),
    Applet("reset", "clear:reset", "system", "bring back a terminal in a strange state"),
    Applet("rmmod", "rmmod", "system", "remove kernel modules"),
    Applet("seq", "seq", "system", "print a row of numbers"),
    Applet("sh", "sh", "system", "the recovery shell", minimal=True),
    Applet("sleep", "sleep", "system", "wait for a time"),
    Applet("switch_root", "switch_root", "system", "leave the initramfs for another root"),
    Applet("sync", "sync", "system", "write what the kernel still holds to the disks"),
    Applet("test", "test", "system", "compare words and numbers, and look at files", quick=True),
    Applet("timeout", "timeout", "system", "run a command with a limit of time"),
    Applet("tpm", "tpm", "system", "show the TPM and what its registers hold"),
    Applet("true", "true", "system", "do nothing, with success"),
    Applet("umount", "umount", "system", "unmount a file system", minimal=True),
    Applet(
        "uname",
        "uname",
        "system",
        "print the kernel's name, release and machine",
        quick=True,
        report="-a",
    ),
    Applet("uptime", "uptime", "system", "say how long the machine has been up", quick=True),
    Applet(
        "vgchange",
        "vgchange",
        "system",
        "make the logical volumes of volume groups, read-only, or take them away",
    ),
    Applet("vgs", "lvs:vgs", "system", "list volume groups"),
    Applet("which", "which", "system", "say which program a name means", quick=True),
    Applet("xargs", "xargs", "system", "run a command with words from the input as its arguments"),
)
