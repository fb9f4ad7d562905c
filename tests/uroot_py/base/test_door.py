"""Nothing that a disk or a server says steers a terminal."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.applet import run_applet
from uroot_py.base.door import guarded, plain
from uroot_py.base.text import one_each, printable, printable_lines

ROOT = Path(__file__).parents[3]
EVIL = "a\x1b]0;pwned\x07\x9b2J\u202egnp"
SHOWN = "a?]0;pwned??2J<U+202E>gnp"


def on_a_terminal(script, folder):
    """What SCRIPT, in which ``uroot`` is our program, sends to a terminal."""
    main, other = pty.openpty()
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cmds.dispatch as d; d.main()"
    with subprocess.Popen(
        ["sh", "-c", f'uroot() {{ "{sys.executable}" -P -c "$P" "$@"; }}; {script}'],
        cwd=folder,
        env={**os.environ, "P": program.replace("d.main()", "sys.argv[:1] = []; d.main()")},
        stdin=other,
        stdout=other,
        stderr=other,
    ) as child:
        os.close(other)
        data = b""
        try:
            while piece := os.read(main, 1 << 16):
                data += piece
        except OSError:
            pass  # the other side is closed
        assert child.wait(60) >= 0
    os.close(main)
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / EVIL).write_text("x\n")
    (tmp_path / "b").write_text("x\n")
    subprocess.run(["tar", "cf", "t.tar", EVIL], cwd=tmp_path, check=True, timeout=20)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "find .",
        "stat a*",
        "grep -r x .",
        "grep -rl x .",
        "grep -rc x .",
        "wc a*",
        "du -a",
        "head a* b",
        "tail a* b",
        "md5sum a*",
        "tar -tf t.tar",
        "tar -tvf t.tar",
        "ls",
        "ls -l",
        'cat "$(echo a*)/x"',
        'rm "$(echo a*)/x"',
        "sh -c './a*'",
        "sh -c '. \"$(echo ./a*)/x\"'",
    ],
)
def test_names_on_a_terminal(line, folder):
    seen = on_a_terminal(f"uroot {line}", folder)
    assert SHOWN in seen
    assert printable_lines(seen) == seen


def test_data_stays_as_it_is(folder):
    (folder / "b").write_text(EVIL)
    assert on_a_terminal('uroot cat b; uroot echo; uroot echo "$(cat b)"', folder) == (
        f"{EVIL}\n{EVIL}\n"
    )


def test_a_pipe_gets_names_as_they_are(folder):
    assert f"./{EVIL}\n" in on_a_terminal("uroot find . >list; cat list", folder)


def test_what_steers_on_purpose(folder):
    assert on_a_terminal("uroot clear", folder) == "\x1b[H\x1b[2J\x1b[3J"


def test_messages_of_any_applet_in_any_case():
    done = run_applet("cat", f"/nowhere/{EVIL}")
    assert done.err == f"cat: /nowhere/{SHOWN}: no such file or directory\n"


def test_the_door_and_what_is_behind_it():
    stream = io.StringIO()
    door = guarded(stream)
    assert guarded(door) is door
    assert door.write("a\x1bb\n") == 4
    door.writelines(["\tc\r", "d\n"])
    assert plain(door) is stream is plain(stream)
    assert stream.getvalue() == "a?b\n\tc?d\n"


@pytest.mark.parametrize("code", [0x200B, 0x200D, 0x202E, 0x2066, 0xFEFF, 0xAD, 0xE0041, 0x2028])
def test_hidden_characters_are_shown_as_such(code):
    assert printable(f"a{chr(code)}b") == f"a<U+{code:04X}>b"
    assert one_each(f"a{chr(code)}b") == "a?b"
