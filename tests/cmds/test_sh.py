"""The shell as an applet: how it is called, and how it talks to a person."""

import os
import signal
import subprocess
import sys
import tempfile

import pexpect
import pytest

from cmds.sh import Applets
from cmds.table import TABLE
from tests.support.applet import run_applet
from uroot_py.shell.interpreter import BUILTINS, SPECIAL

SH = [sys.executable, "-m", "cmds", "sh"]


def sh(*args, stdin=b""):
    return subprocess.run([*SH, *args], input=stdin, capture_output=True, timeout=30, text=False)


@pytest.fixture
def console():
    yield from session("vt100")


@pytest.fixture
def dumb_console():
    yield from session("dumb")


def session(term):
    env = {**os.environ, "TERM": term}
    child = pexpect.spawn(SH[0], SH[1:], env=env, timeout=20, encoding="utf-8", echo=False)
    child.delaybeforesend = None
    child.expect_exact("uroot# ")
    yield child
    child.kill(signal.SIGKILL)
    child.wait()
    child.close()


def type_line(console, text):
    """Type TEXT and Enter, and see it."""
    console.send(text + "\r")
    console.expect_exact(text + "\r\n")


def test_string():
    done = sh("-c", 'echo "$0" "$@"; exit 3', "name", "a", "b c")
    assert (done.stdout, done.stderr, done.returncode) == (b"name a b c\n", b"", 3)


def test_file(tmp_path):
    script = tmp_path / "script"
    script.write_text("echo $0 $1\n")
    done = sh(str(script), "one")
    assert (done.stdout, done.returncode) == (f"{script} one\n".encode(), 0)


def test_input_leaves_the_rest_to_commands():
    done = sh(stdin=b"read x\nsome line\necho got $x\n")
    assert (done.stdout, done.returncode) == (b"got some line\n", 0)


def test_what_runs_in_the_shell_itself_is_the_applet():
    names = [row.name for row in TABLE if Applets().quick([row.name])]
    done = sh("-c", "".join(f"{name} --help; " for name in names))
    assert "ls" in names
    assert done.stdout.decode() == "".join(run_applet(name, "--help").out for name in names)


def test_a_whole_tree_is_not_read_in_the_shell_itself():
    ways = (["ls", "-lR"], ["ls", "--recursive", "/"], ["chmod", "-R", "u+w", "."])
    assert not any(map(Applets().quick, ways))
    assert all(map(Applets().quick, (["ls", "-l", "/R"], ["ls", "--", "R"], ["ls", ""])))


@pytest.mark.parametrize("shell", [SH, ["dash"]], ids=["ours", "dash"])
def test_what_was_ignored_before_stays_so(shell):
    script = "trap 'echo caught' HUP; kill -HUP $$; trap - HUP; kill -HUP $$; echo on"
    words = ["dash", "-c", "trap '' HUP; exec \"$@\"", "dash", *shell, "-c", script]
    assert subprocess.run(words, capture_output=True, timeout=30).stdout == b"on\n"


def test_an_applet_in_a_child_is_found_by_its_name():
    done = sh("-c", "sleep 20 & until pidof sleep | grep -qw $!; do :; done; kill $!; echo it")
    assert (done.stdout, done.stderr) == (b"it\n", b"")


def test_cat_into_its_own_input(tmp_path):
    file = tmp_path / "f"
    file.write_text("one\n")
    script = "cat f >> f; cat < f >> f; cat f f > g; cat /dev/null f > f; cat g"
    done = sh("-c", f"cd {tmp_path}; {script}")
    assert (done.stdout, file.read_text()) == (b"one\none\n", "")
    assert done.stderr == b"cat: f: is the output, too\ncat: input: is the output, too\n"


def test_the_environment_of_what_runs_in_the_shell_itself():
    script = "export x=1; x=2 printenv x; printenv x; unset x; printenv x; TZ=UTC-1 date -d @0 +%H"
    assert sh("-c", f"{script}; TZ=UTC date -d @0 +%H").stdout == b"2\n1\n01\n00\n"


def test_output_that_cannot_be_written_is_not_written_later():
    done = sh("-c", "echo lost > /dev/full; echo $?; printf lost >&-; [ a = b ]; echo $?")
    assert done.stdout == b"1\n1\n"
    assert done.stderr == (
        b"sh: line 1: echo: no space left on device\nsh: line 1: printf: bad file descriptor\n"
    )


def test_a_signal_ends_the_wait_for_a_reader():
    # More than a pipe holds, from the shell's own process, for a reader that takes one byte.
    reader, writer = os.pipe()
    script = f"trap 'exit 5' USR1; printf '%0200000d' 1 >&{writer}"
    with subprocess.Popen([*SH, "-c", script], pass_fds=(writer,)) as child:
        os.close(writer)
        assert os.read(reader, 1) == b"0"
        child.send_signal(signal.SIGUSR1)
        assert child.wait(20) == 5
    os.close(reader)


def test_errors_that_nobody_reads():
    script = "exec 2>&-; stat /nosuch; x=$(stat /nosuch); xyzzyx; cd /nosuch; sleep x; echo $?"
    assert sh("-c", script).stdout == b"2\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed):
    script = f'"$0" -m cmds sh -c "exit 5" {closed}'
    assert subprocess.run(["sh", "-c", script, sys.executable], timeout=30).returncode == 5


def test_missing_file():
    done = sh("nosuch.sh")
    assert (done.stderr, done.returncode) == (b"sh: nosuch.sh: no such file or directory\n", 1)


def test_unknown_command():
    done = sh("-c", "mounr /dev/sda1")
    assert done.stderr == b"sh: line 1: mounr: not found, did you mean mount or umount?\n"
    assert done.returncode == 127


def test_syntax_error():
    done = sh("-c", "echo a\nif true; then\necho b\n")
    assert done.stdout == b"a\n"
    assert done.stderr == b"sh: line 4: if of line 2: expected 'fi', found end of file\n"
    assert done.returncode == 2


def test_help():
    assert run_applet("sh", "--help").out.startswith("the recovery shell\nusage: sh [OPTION]... ")


def test_command_missing():
    done = run_applet("sh", "-c")
    assert (done.status, done.err.split(";")[0]) == (2, "sh: -c needs a command")


def test_prompt_status_and_end(console):
    type_line(console, "false")
    console.expect_exact("uroot# ")
    type_line(console, "echo status $?")
    console.expect_exact("status 1\r\nuroot# ")
    console.sendeof()
    console.expect(pexpect.EOF)
    console.wait()
    assert console.exitstatus == 0


def test_exit_status(console):
    type_line(console, "exit 5")
    console.expect(pexpect.EOF)
    console.wait()
    assert console.exitstatus == 5


def test_hangup_ends_it():
    master, slave = os.openpty()
    child = subprocess.Popen(SH, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    assert os.read(master, 100).endswith(b"uroot# ")
    os.close(master)
    assert child.wait(20) == 0


@pytest.mark.parametrize(
    "command", ["sleep 100", "while :; do :; done", "sleep 100 | cat", "cat", "read x; echo no"]
)
def test_interrupt_gives_a_new_prompt(console, command):
    type_line(console, command)
    console.sendintr()
    console.expect_exact("uroot# ")
    type_line(console, "echo $?")
    console.expect_exact("130\r\nuroot# ")


def test_dumb_terminal(dumb_console):
    dumb_console.send("ech\t")
    dumb_console.expect_exact("echo ")
    dumb_console.send("\x08\x08o one\r")
    dumb_console.expect_exact("uroot# ")
    assert "\x1b" not in dumb_console.before
    test_interrupt_while_typing(dumb_console)


def test_interrupt_while_typing(console):
    console.send("not this")
    console.expect_exact("not this")
    console.sendintr()
    console.expect_exact("^C\r\nuroot# ")
    type_line(console, "echo $?")
    console.expect_exact("130\r\nuroot# ")


def test_interrupt_between_two_lines(console):
    type_line(console, "f(){")
    console.expect_exact("> ")
    console.kill(signal.SIGINT)
    type_line(console, "echo one")
    console.expect_exact("uroot# ")
    type_line(console, "echo $?")
    console.expect_exact("130\r\nuroot# ")


def test_crash_of_a_command(console):
    type_line(console, "/bin/sh -c 'kill -SEGV $$'")
    console.expect_exact("ended by signal 11, SIGSEGV: bad memory access")
    console.expect_exact("uroot# ")
    type_line(console, "echo $?")
    console.expect_exact("139\r\n")


def test_errors_do_not_end_a_session(console):
    for text in (
        "fi",
        "echo $((1/0))",
        "echo ${x?}",
        ". ./nosuch",
        "shift 9",
        "> /nosuch/x",
        "f(){",
    ):
        type_line(console, text)
        console.expect(r"(uroot#|>) $")
        console.sendintr()
        console.expect(r"\^C\r\nuroot# ")
    type_line(console, "echo still here")
    console.expect_exact("still here\r\nuroot# ")


def test_a_list_for_a_person_is_in_columns_and_for_others_in_lines(console):
    with tempfile.TemporaryDirectory() as folder:
        said(console, f"cd {folder}; touch a b")
        assert said(console, "ls") == "a  b\n"
        assert said(console, 'x=$(ls); echo "$x"') == "a\nb\n"
        assert said(console, "ls | cat") == "a\nb\n"


def test_lines_that_belong_together(console):
    type_line(console, "if true")
    console.expect_exact("> ")
    type_line(console, "then echo 'one")
    console.expect_exact("> ")
    type_line(console, "two'; fi")
    console.expect_exact("one\r\ntwo\r\nuroot# ")


def said(console, text):
    """What typing TEXT prints."""
    type_line(console, text)
    console.expect_exact("uroot# ")
    return console.before.replace("\r\n", "\n")


def test_why_before_any_failure(console):
    assert said(console, "true; why") == "nothing has failed so far\n"


def test_why_has_the_fields_of_an_applets_errors(console):
    said(console, "cat /nosuch /nosuch2")
    assert said(console, "why") == (
        "command: cat /nosuch /nosuch2\n"
        "status:  1, it failed\n"
        "\n"
        "cat: /nosuch: no such file or directory\n"
        "  kind      FileNotFoundError\n"
        "  errno     2 (ENOENT)\n"
        "  file      /nosuch\n"
        "  cause     No such file or directory\n"
        "\n"
        "cat: /nosuch2: no such file or directory\n"
        "  kind      FileNotFoundError\n"
        "  errno     2 (ENOENT)\n"
        "  file      /nosuch2\n"
        "  cause     No such file or directory\n"
    )


def test_why_stays_until_the_next_failure(console):
    said(console, "kexec -l /nosuch")
    said(console, "true")
    first = said(console, "why")
    assert first.startswith("command: kexec -l /nosuch\nstatus:  ")
    assert said(console, "why") == first


def test_why_says_which_part_of_a_line_failed(console):
    said(console, "true; cat /nosuch; if false; then :; fi; echo on")
    assert said(console, "why").split("\n")[:5] == [
        "command: true; cat /nosuch; if false; then :; fi; echo on",
        "failed:  cat /nosuch",
        "status:  1, it failed",
        "",
        "cat: /nosuch: no such file or directory",
    ]


def test_why_of_a_kernel_error(console):
    said(console, "mount -t ext4 /dev/nosuch /")
    shown = said(console, "why").split("\n")
    assert "  fault     kernel: the kernel refused a system call" in shown
    assert "  call      mount" in shown


def test_why_of_an_unknown_command(console):
    assert said(console, "nosuch") == "sh: nosuch: not found, did you mean touch?\n"
    assert said(console, "why").split("\n")[:4] == [
        "command: nosuch",
        "status:  127, it was not found",
        "",
        "nosuch: neither applet, function nor program",
    ]


def test_why_of_a_signal(console):
    said(console, "sh -c 'kill -SEGV $$'")
    assert said(console, "why").split("\n")[1] == (
        "status:  139, signal 11 ended it, SIGSEGV: bad memory access (segmentation fault)"
    )


def test_why_of_a_builtin(console):
    assert said(console, "cd /nosuch") == "sh: cd: /nosuch: no such file or directory\n"
    assert "  file      /nosuch\n" in said(console, "why")


def test_help_by_sections(console):
    lines = said(console, "help").split("\n")
    assert [line for line in lines if line.endswith(":")] == [
        *(f"{section}:" for section in dict.fromkeys(row.section for row in TABLE)),
        "shell:",
    ]
    assert max(map(len, lines)) < 80


def test_help_of_everything_in_the_table_and_every_builtin(console):
    words = said(console, "help").split()
    assert {row.name for row in TABLE} <= set(words)
    assert {*BUILTINS, *SPECIAL} - {":", "source", "true", "false"} <= set(words)


def test_help_of_one(console):
    assert said(console, "help cd") == "cd [FOLDER | -]: change the current folder\n"
    assert said(console, "help mount").startswith(
        "mount a file system, or list the mounts\nusage: "
    )
    assert "  kexec         load another kernel and start it\n" in said(console, "help boot")
    assert said(console, "help mout") == "sh: help: nothing about 'mout', did you mean mount?\n"


def test_history_and_search(console):
    type_line(console, "echo first")
    console.expect_exact("first\r\nuroot# ")
    type_line(console, "echo second")
    console.expect_exact("second\r\nuroot# ")
    console.send("\x1b[A\x1b[A\r")
    console.expect_exact("\r\nfirst\r\nuroot# ")
    console.send("\x12sec\r")
    console.expect_exact("\r\nsecond\r\nuroot# ")
    type_line(console, "history")
    console.expect_exact("    1  echo first\r\n    2  echo second\r\n    3  echo first\r\n")


def test_completion(console, tmp_path):
    (tmp_path / "a name (1)").write_text("content\n")
    (tmp_path / "folder").mkdir()
    type_line(console, f"cd {tmp_path}")
    console.expect_exact("uroot# ")
    for typed, whole, rest, shown in (
        ("powero", "poweroff ", "--help", "switch the machine off"),
        ("cat a", "\\ name\\ \\(1\\) ", "", "content\r\nuroot# "),
        ("cd fo", "folder/", "", "uroot# "),
        ("echo $HOM", "HOME", "", "/"),
    ):
        console.send(typed + "\t")
        console.expect_exact(whole)
        console.send(rest + "\r")
        console.expect_exact(rest + "\r\n")
        console.expect_exact(shown)


def test_wide_characters_come_back(console):
    type_line(console, "echo äß日本")
    console.expect_exact("äß日本\r\nuroot# ")


def test_typed_ahead_goes_to_the_command(console):
    console.send("read x\rtyped\recho got $x\r")
    console.expect_exact("got typed\r\n")


def test_stop_and_resume(console):
    type_line(console, "f() { echo go; sleep 100; }; f | cat")
    console.expect_exact("go\r\n")
    console.send("\x1a")
    console.expect_exact("[1]  stopped   f | cat\r\nuroot# ")
    type_line(console, "bg")
    console.expect_exact("f | cat\r\nuroot# ")
    type_line(console, "jobs")
    console.expect_exact("[1]  running   f | cat\r\nuroot# ")
    type_line(console, "fg %1")
    console.expect_exact("f | cat\r\n")
    console.sendintr()
    console.expect_exact("uroot# ")
    assert said(console, "jobs; echo $?") == "0\n"


def test_a_job_that_was_waited_for_is_not_reported(console):
    said(console, "sleep 100 & other=$!; sleep 100 &")
    assert said(console, "kill -9 $!; wait $!; echo $?") == "137\n"
    assert said(console, "kill -9 $other; wait; echo $?") == "0\n"


def test_kill_of_a_job(console):
    said(console, "sleep 100 | sleep 100 &")
    assert said(console, "kill -9 %1; wait; jobs; echo $?") == "0\n"
    said(console, "sleep 100 &")
    assert said(console, "kill %sleep; wait; jobs; echo $?") == "0\n"
    assert said(console, "kill %1") == "sh: %1: no such job\n"


def test_end_of_a_background_job_is_said(console):
    type_line(console, "(exit 3) & wait")
    console.expect(r"\[1\] \d+\r\n")
    console.expect_exact("uroot# ")


PROMPTS = [
    # (what is typed, the prompt after it)
    pytest.param("", "uroot# ", id="enter"),
    pytest.param("   ", "uroot# ", id="blanks"),
    pytest.param("# a comment", "uroot# ", id="comment"),
    pytest.param("  # a comment \\", "uroot# ", id="comment-with-backslash"),
    pytest.param("\\", "> ", id="backslash"),
    pytest.param("echo \\", "> ", id="continued"),
    pytest.param("true &&", "> ", id="operator"),
    pytest.param("'", "> ", id="quote"),
    pytest.param("$(", "> ", id="substitution"),
    pytest.param("cat <<x", "> ", id="here-document"),
]


@pytest.mark.parametrize(("text", "prompt"), PROMPTS)
@pytest.mark.parametrize("before", [0, 2], ids=["at-once", "after-empty-lines"])
def test_prompt_after(console, text, prompt, before):
    for line in [*[""] * before, text]:
        type_line(console, line)
        console.expect("(uroot#|>) ")
    assert console.match[0] == prompt


def test_pasted_tabs_are_text(console):
    console.send("cat <<x\r\ta\tb\r\t\tcat\r\t\rx\r")
    console.expect_exact("\ta\tb\r\n\t\tcat\r\n\t\r\nuroot# ")
    console.send("cat <<-x\r\ta\tb\r\tx\r")
    console.expect_exact("\r\na\tb\r\nuroot# ")
    console.send("if true\r\tthen echo 'a\tb'\rfi\r")
    console.expect_exact("\r\na\tb\r\nuroot# ")


def test_a_tab_that_is_typed_in_a_here_document_is_text(console):
    type_line(console, "cat <<x; ec() { :; }")
    console.expect_exact("> ")
    console.send("\tec\t")
    console.expect_exact("?ec?")
    type_line(console, "")
    console.expect_exact("> ")
    type_line(console, "x")
    console.expect_exact("\tec\t\r\nuroot# ")
