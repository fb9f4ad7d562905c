#!/usr/bin/env python3
"""fresh - the README's commands on a machine that has nothing: a bare Debian, a clean clone.

usage: scripts/fresh.py [--keep] [--reuse] SUITE            the README's two commands, pip install .
       scripts/fresh.py [--keep] [--reuse] SUITE COMMAND    another shell command, in the clone
       scripts/fresh.py [--keep] [--reuse] --shell SUITE    a shell there; SUITE: bookworm, trixie

The bare Debian is what mmdebstrap makes of the packages that the README asks for. It is made once,
kept as build/fresh/SUITE-*.tar, and unpacked anew into build/fresh/SUITE for each run, which is
removed at the end; with --keep it stays, and --reuse runs in a tree that stayed, with the clone
brought to HEAD. The clone is /root/uroot-py. Downloaded packages are shared between runs
(build/fresh/downloads).

How this machine reaches archives and indexes (name servers, apt's sources and keys, certificates,
pip's settings) is read from it and put into the tree; another suite's sources are this machine's
with the name replaced. The commands run in namespaces of their own for mounts and processes, with
the machine's network, /dev and /sys. However a run ends (a signal, SIGKILL too), its processes
end, and its mounts and loop devices are given back. Status: that of the first command that failed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "fresh"
SUITES = ("bookworm", "trixie")
NEXT = "forky"  # what it will be like: not supported yet, no gate
CLONE = "root/uroot-py"  # in the tree
# The README's other way, without any of the build's packages: in an empty environment, with the
# kernel that its first command fetched.
INSTALL = """\
set -e
python3 -m venv /tmp/plain
/tmp/plain/bin/pip install -q . 2>/tmp/pip.log || { cat /tmp/pip.log; exit 1; }
export PATH=/tmp/plain/bin:$PATH
for name in PyInstaller elftools pyfdt cyclonedx; do
    if python -c "import $name" 2>/dev/null; then echo "pip install . brought $name"; exit 1; fi
done
mkdir -p /tmp/machine/boot/grub
cp build/kernels/cloud-*/vmlinuz /tmp/machine/boot/vmlinuz
echo 'menuentry "One" { linux /boot/vmlinuz root=/dev/vda1; }' >/tmp/machine/boot/grub/grub.cfg
cd /tmp
uroot --list >list
grep -qw kexec list
uroot boot --root /tmp/machine --list
uroot kexec --dry-run /tmp/machine/boot/vmlinuz >/dev/null
uroot memmap >/dev/null
"""
TOOLS = ("mmdebstrap", "unshare", "setpriv", "chroot", "losetup", "tar", "git", "apt-config")
# What the machine's own files are, that say how its archives and indexes are reached.
COPIED = (
    "etc/resolv.conf",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/local/share/ca-certificates",
    "usr/share/keyrings",
    "etc/apt/keyrings",
    "etc/apt/trusted.gpg.d",
    "etc/apt/auth.conf.d",
)


class FreshError(Exception):
    """What to say, in one line or a few, when a run cannot go on."""


# -- what the README says ------------------------------------------------------------------------


def readme_section(text: str) -> str:
    """The part of the README that tells the two commands."""
    found = re.search(r"^## [^\n]*two commands\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise FreshError("README.md: expected a section '## ... two commands', found none")
    return found[1]


def readme_commands(text: str) -> list[str]:
    """The commands of that section: the lines of its first indented block."""
    block = re.search(r"(?:^ {4}\S.*\n)+", readme_section(text), re.MULTILINE)
    if block is None:
        raise FreshError("README.md: expected an indented block with the two commands, found none")
    return [line.strip() for line in block[0].splitlines()]


def readme_packages(text: str) -> list[str]:
    """The packages that the section asks of a machine: its first code that begins with python3."""
    found = re.search(r"`(python3 [a-z0-9 .+\n-]+)`", readme_section(text))
    if found is None:
        raise FreshError("README.md: expected the packages it needs (`python3 ...`), found none")
    return found[1].split()


# -- what this machine says ----------------------------------------------------------------------


def output(words: Sequence[str | Path]) -> str:
    """What a tool of this machine prints."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FreshError(f"{shlex.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def apt_sources(suite: str, etc: Path = Path("/etc")) -> dict[str, str]:
    """This machine's sources of its own suite, with that name replaced: file name -> text."""
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', (etc / "os-release").read_text(), re.M))
    own = release.get("VERSION_CODENAME") or "?"
    sources = {}
    for path in (etc / "apt/sources.list", *sorted((etc / "apt/sources.list.d").glob("*"))):
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        text = "\n".join(lines) + "\n"
        if re.search(rf"\b{own}\b", text):
            sources[path.name] = re.sub(rf"\b{own}\b", suite, text)
    if not sources:
        raise FreshError(f"{etc}/apt: expected sources of this machine's suite {own}, found none")
    return sources


def apt_settings() -> str:
    """How this machine's apt downloads (Acquire::...), as a settings file."""
    dump = output(["apt-config", "dump"]).splitlines()
    kept = [line for line in dump if re.match(r"Acquire::(?!IndexTargets|Changelogs)", line)]
    return "\n".join(kept) + '\nAPT::Keep-Downloaded-Packages "true";\n'


def pip_settings(listing: str) -> str:
    """What `pip config list` prints, files and environment in one, as a settings file."""
    found = re.findall(r"^(\S+)\.(\S+?)='(.*)'$", listing, re.MULTILINE)
    sections: dict[str, dict[str, str]] = {}
    for section, key, value in sorted(found, key=lambda row: row[0] == ":env:"):
        sections.setdefault("global" if section == ":env:" else section, {})[key] = value
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def named_paths(settings: str) -> list[Path]:
    """The files and directories of this machine that settings of pip name."""
    names = re.findall(r"(?:file://|(?<=[\s,]))(/[^\s,]+)", settings)
    parts = {Path(name) for name in names if Path(name).exists()}
    # An index in a directory may point beside itself: its parent has both.
    return sorted({path.parent if path.name == "simple" else path for path in parts})


# -- the life of a run ---------------------------------------------------------------------------


class Run:
    """One run for SUITE; it ends when LIFE, a pipe that the front process holds, is closed."""

    def __init__(self, suite: str, life: int | None) -> None:
        self.suite = suite
        self.life = life
        self.tree = WORK / suite

    def say(self, text: str) -> None:
        """One line about what is done."""
        print(f"fresh: {self.suite}: {text}", flush=True)

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """The status of PROCESS; it ends at once when the run is to end."""
        while self.life is not None and process.poll() is None:
            if select.select([self.life], [], [], 0.2)[0]:
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
                # unshare's child is process 1 of the namespace: with it ends everything in it,
                # and unshare ends after it.
                for pid in children.read_text().split() or [str(process.pid)]:
                    os.kill(int(pid), signal.SIGKILL)
                process.wait()
                raise FreshError("ended by a signal")
        return process.wait()

    def tool(self, words: Sequence[str | Path]) -> None:
        """Run a tool of this machine; what it said is shown only when it fails."""
        log = WORK / f"{self.suite}.log"
        with log.open("wb") as stream:
            status = self.wait(subprocess.Popen(words, stdout=stream, stderr=stream))
        if status:
            last = log.read_text(errors="replace").splitlines()[-8:]
            raise FreshError("\n  ".join([f"{words[0]}: status {status}; its last lines:", *last]))
        log.unlink()

    def base(self) -> Path:
        """The tar of the bare Debian, made when it is missing."""
        packages = readme_packages((ROOT / "README.md").read_text())
        sources = apt_sources(self.suite)
        digest = hashlib.sha256(repr((packages, sources)).encode()).hexdigest()[:12]
        tar = WORK / f"{self.suite}-{digest}.tar"
        if not tar.exists():
            self.say(f"making the bare Debian with {' '.join(packages)}")
            inputs = WORK / f"{self.suite}.sources"
            shutil.rmtree(inputs, ignore_errors=True)
            inputs.mkdir()
            for name, text in sources.items():
                (inputs / name).write_text(text)
            (inputs / "apt.conf").write_text(apt_settings())
            part = WORK / f"{self.suite}.part.tar"
            words = ["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet"]
            words += [f"--include={','.join(packages)}", f"--aptopt={inputs / 'apt.conf'}"]
            self.tool([*words, self.suite, part, *(inputs / name for name in sources)])
            shutil.rmtree(inputs)
            for old in WORK.glob(f"{self.suite}-*.tar"):
                old.unlink()
            part.rename(tar)
        return tar

    def unpack(self) -> None:
        """The tree as a new machine: the bare Debian, how this machine downloads, a clean clone."""
        tar = self.base()
        self.remove()
        self.tree.mkdir(parents=True)
        self.tool(["tar", "-xpf", tar, "--xattrs", "--numeric-owner", "-C", self.tree])
        self.tool(["git", "clone", "-q", "--no-local", ROOT, self.tree / CLONE])
        # As in every chroot: no package starts a daemon.
        policy = self.tree / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def furnish(self) -> None:
        """What this machine says about archives and indexes, and HEAD in the clone."""
        for name in COPIED:
            source, target = Path("/") / name, self.tree / name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                shutil.copyfile(source, target)
        apt = self.tree / "etc/apt"
        (apt / "sources.list").unlink(missing_ok=True)
        shutil.rmtree(apt / "sources.list.d")
        (apt / "sources.list.d").mkdir()
        for name, text in apt_sources(self.suite).items():
            place = apt if name == "sources.list" else apt / "sources.list.d"
            (place / name).write_text(text)
        (apt / "apt.conf.d/90machine").write_text(apt_settings())
        listing = output([sys.executable, "-m", "pip", "config", "list"])
        (self.tree / "etc/pip.conf").write_text(pip_settings(listing))
        self.tool(["git", "-C", self.tree / CLONE, "fetch", "-q", ROOT, "HEAD"])
        self.tool(["git", "-C", self.tree / CLONE, "checkout", "-qf", "--detach", "FETCH_HEAD"])

    def mounts(self) -> list[str]:
        """Shell lines that mount what the tree needs, in the namespace."""
        tree = str(self.tree)
        lines = [
            # A mount of its own: programs inside change how `/` passes mounts on.
            f"mount --bind {tree} {tree}",
            f"mount -t proc proc {tree}/proc",
            f"mount --rbind /sys {tree}/sys",
            f"mount --bind /dev {tree}/dev",
            f"mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts {tree}/dev/pts",
            f"mount -t tmpfs tmpfs {tree}/dev/shm",
            f"mount -t tmpfs tmpfs {tree}/run",
        ]
        downloads = WORK / "downloads"
        shared = {
            downloads / f"apt-{self.suite}": "var/cache/apt/archives",
            downloads / "pip": "root/.cache/pip",
        }
        for source, name in shared.items():
            source.mkdir(parents=True, exist_ok=True)
            (self.tree / name).mkdir(parents=True, exist_ok=True)
            lines.append(f"mount --bind {source} {tree}/{name}")
        for source in named_paths((self.tree / "etc/pip.conf").read_text()):
            target = self.tree / str(source)[1:]
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                lines.append(f"mount --bind -o ro {source} {target}")
            elif not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        return lines

    def inside(self, command: str) -> int:
        """The status of a shell COMMAND in the clone in the tree."""
        kept = {name: os.environ[name] for name in ("TERM", "CI") if name in os.environ}
        environment = {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **kept,
        }
        words = ["chroot", str(self.tree), "/usr/bin/env", "-i"]
        words += [f"{name}={value}" for name, value in environment.items()]
        words += ["/bin/sh", "-c", f"cd /{CLONE} && {command}"]
        script = "\n".join(["set -e", *self.mounts(), shlex.join(words)])
        namespace = ["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL"]
        guard = ["setpriv", "--pdeathsig", "KILL", *namespace]
        return self.wait(subprocess.Popen([*guard, "sh", "-c", script]))

    def commands(self, commands: Mapping[str, str]) -> int:
        """Run COMMANDS (what to call it -> the command); the status of the first that fails."""
        for name, command in commands.items():
            begun = time.monotonic()
            self.say(name)
            status = self.inside(command)
            taken = time.monotonic() - begun
            ended = "passed" if status == 0 else f"FAILED with status {status}"
            self.say(f"{name}: {ended} in {taken:.0f} s")
            if status:
                return status
        return 0

    def give_back(self) -> None:
        """Detach the loop devices whose files lie in the tree."""
        listing = output(["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"])
        for line in listing.splitlines():
            name, _, file = line.partition(" ")
            if file.strip().startswith(f"{self.tree}/"):
                output(["losetup", "--detach", name])

    def remove(self) -> None:
        """Remove the tree of this or of an earlier run."""
        self.give_back()
        if self.tree.exists():
            self.tool(["rm", "-rf", "--one-file-system", self.tree])


def work(given: argparse.Namespace, life: int) -> int:
    """The run itself, in a process of its own; its status."""
    run = Run(given.suite, life)
    try:
        if not given.reuse:
            run.unpack()
        elif not (run.tree / CLONE).is_dir():
            raise FreshError(f"{run.tree}: no tree of an earlier run with --keep")
        run.furnish()
        if given.shell:
            return run.inside("exec bash -i")
        if given.command:
            return run.commands({given.command.splitlines()[0]: given.command})
        readme = readme_commands((run.tree / CLONE / "README.md").read_text())
        return run.commands({**{line: line for line in readme}, "pip install .": INSTALL})
    except FreshError as error:
        run.say(str(error))
        return 1
    finally:
        end(run, keep=given.keep)


def end(run: Run, *, keep: bool) -> None:
    """Give back what the run took."""
    run.life = None  # this is not interrupted
    run.give_back()
    if not keep:
        run.remove()


def locked(suite: str) -> TextIO:
    """The lock of SUITE's tree, while the file is open."""
    WORK.mkdir(parents=True, exist_ok=True)
    lock = (WORK / f"{suite}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FreshError(f"{WORK / suite}: another run uses it") from None
    return lock


def check(given: argparse.Namespace) -> None:
    """Refuse what cannot work here."""
    if os.geteuid() != 0:
        raise FreshError(f"namespaces and mounts need root; run: sudo {shlex.join(sys.argv)}")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise FreshError(f"{' '.join(missing)}: not installed; run: make setup")
    if given.shell and given.command:
        raise FreshError("--shell and a command exclude each other")


def main() -> int:
    """Fork the run, and close its life's pipe when a signal comes or when this process ends."""
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", action="store_true", help="leave the tree in build/fresh/SUITE")
    parser.add_argument("--reuse", action="store_true", help="run in the tree that --keep left")
    parser.add_argument("--shell", action="store_true", help="a shell in the tree")
    parser.add_argument(
        "suite", choices=(*SUITES, NEXT), metavar="SUITE", help=", ".join((*SUITES, NEXT))
    )
    parser.add_argument("command", nargs="?", help="a shell command (default: the README's)")
    given = parser.parse_args()
    try:
        check(given)
        lock = locked(given.suite)
    except FreshError as error:
        print(f"fresh: {error}", file=sys.stderr)
        return 1
    life, hold = os.pipe()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    worker = os.fork()
    if worker == 0:
        for number in signals:
            signal.signal(number, lambda *_: None)  # the front decides; children have the default
        os.close(hold)
        os._exit(work(given, life))
    os.close(life)
    for number in signals:
        signal.signal(number, lambda *_: os.close(hold))
    _, status = os.waitpid(worker, 0)
    with lock:
        if os.WIFSIGNALED(status):  # somebody killed the worker: its processes ended with it
            end(Run(given.suite, None), keep=given.keep)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1


if __name__ == "__main__":
    sys.exit(main())
