"""The shell of iPXE's language: what iPXE itself wrote for the same scripts, and bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import real_ipxe
from tests.support.ipxe import HOME, Web, run
from uroot_py.bootconfig.ipxe import shell

RECORDED = ("settings", "flow", "images")


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name):
    """NAME.txt is what iPXE 1.0.0+git20190125 wrote and asked for.

    It was written by ``real_ipxe.run``, which test_reference calls: there the same is compared.
    """
    said, asked = (real_ipxe.WEB / f"{name}.txt").read_text().split("\n\n")
    files = real_ipxe.files()
    web = Web(files)
    run(files[f"/{name}.ipxe"], url=f"{HOME}/{name}.ipxe", web=web)
    assert real_ipxe.counted(web.said.split("\n")) == said.split("\n")
    assert [f"/{name}.ipxe", *real_ipxe.plain(web.log)] == asked.split()


KERNEL = b"MZ kernel"


def test_boot():
    outcome, web = run(
        "kernel /vmlinuz console=ttyS0  root=${root-path} mac=${net0/mac:hexhyp}\n"
        "initrd --name one ../a.img\n"
        "initrd /b.cfg /etc/b.cfg mode=600\n"
        "boot",
        {"/vmlinuz": KERNEL, "/a.img": b"a", "/b.cfg": b"b"},
    )
    assert (outcome.kind, outcome.why) == ("boot", "")
    assert outcome.kernel.url == f"{HOME}/vmlinuz"
    assert outcome.kernel.cmdline == "console=ttyS0 root= mac=52-54-00-12-34-56"
    assert [(each.url, each.name, each.cmdline) for each in outcome.initrds] == [
        (f"{HOME}/a.img", "one", ""),
        (f"{HOME}/b.cfg", "b.cfg", "/etc/b.cfg mode=600"),
    ]
    assert web.log == ["/vmlinuz", "/a.img", "/b.cfg"]


def test_chained_scripts_are_no_initrds():
    files = {"/a/s": "#!ipxe\nkernel k\ninitrd i\nboot", "/a/k": KERNEL, "/a/i": b"i",
             "/bad": "#!ipxe\nisset ${x}"}  # fmt: skip
    outcome, web = run("chain /bad || chain /a/s", files)
    assert [each.url for each in outcome.initrds] == [f"{HOME}/a/i"]
    assert web.log == ["/bad", "/a/s", "/a/k", "/a/i"]
    assert outcome.chain == [f"{HOME}/boot/main.ipxe", f"{HOME}/bad", f"{HOME}/a/s"]


def test_a_redirect_moves_the_base():
    web = Web({"/new/s": "#!ipxe\nimgfetch i ||"})
    web.redirects["/old/s"] = "/new/s"
    run("chain /old/s", web=web)
    assert web.log == ["/old/s", "/new/i"]


SAN = "a disk over the network is attached by the system that uses it, not for booting from it"
WHY = {
    "command": ("foo bar", "line 2: foo: command not found"),
    "missing": ("kernel /k", f"line 2: kernel: {HOME}/k: the server says 404 Not Found"),
    "false": ("isset ${nope}", "line 2: isset: it is not so"),
    "inside": ("chain /s", f"{HOME}/s: line 2: nope: command not found"),
    "exit": ("foo || chain /e", f"{HOME}/e: line 2: exit: the script ends with status 5"),
    "scheme": ("chain nfs://h/x", "line 2: chain: nfs://h/x: expected a URL of http, https, tftp"),
    "label": ("goto x", "line 2: goto: there is no label :x"),
    "continued": ("echo \\", "line 2: its last line is to be continued by none"),
    "refused": ("sanboot iscsi:x", f"line 2: sanboot: {SAN}"),
}


@pytest.mark.parametrize(("script", "why"), WHY.values(), ids=WHY)
def test_why_not(script, why):
    outcome, _ = run(script, {"/s": "#!ipxe\nnope", "/e": "#!ipxe\nexit 5\n"})
    assert outcome.kind == "failed"
    assert outcome.why.removeprefix(f"{HOME}/boot/main.ipxe: ") == why


def test_without_a_url_relative_names_are_refused():
    outcome, _ = run("kernel k", url="")
    assert "a relative name, and the script has no URL" in outcome.why


@pytest.mark.parametrize(
    ("script", "bound"),
    [
        ("set x:int32 0\n:a\ninc x\ngoto a", "at most 50000 steps"),
        ("chain main.ipxe", "at most 20 scripts inside each other"),
        (":a\nimgfetch /i ||\nimgfree\ngoto a", "at most 500 files, 200 of them kept"),
        (":a\nimgfetch /i ||\ngoto a", "at most 500 files, 200 of them kept"),
        ("set d $\nset x ${d}{x}\nset x ${d}{d}{x}\nset:\n", ""),
        ("set x aaaaaaaa\n:a\nset x ${x}${x}\ngoto a", "words of at most 65536 characters"),
        (":a\nmenu --name ${i} T\ninc i\ngoto a", "at most 100 menus"),
        ("menu\n:a\nitem a b\ngoto a", "a menu of at most 1000 rows"),
        ("params\n:a\nparam a b\ngoto a", "at most 200 parameters"),
        (":a\nset a${i} b\ninc i\ngoto a", "at most 2000 settings, 4194304 bytes"),
        (":a\nset a${i}/x b\ninc i\ngoto a", "at most 200 blocks"),
    ],
)  # fmt: skip
def test_bounds(script, bound):
    files = {"/boot/main.ipxe": "#!ipxe\nchain main.ipxe", "/i": b"i"}
    outcome, _ = run(f"set i:int32 1\n{script}", files)
    assert outcome.kind == "failed"
    assert bound in outcome.why


def test_a_script_that_is_too_large_is_not_run():
    outcome, _ = run("chain /s", {"/s": b"#!ipxe\n" + b"#" * shell.MAX_SCRIPT})
    assert "a script of more than 1048576 bytes" in outcome.why


LINES = (
    """
set x ${x}y|inc i|goto a|:a|chain /s|chain --replace /s|imgfetch /i|kernel /i|boot|menu|item a
choose --timeout 9 c|echo ${x:hex}|isset ${i} &&|| ;|\\|exit 3|imgfree|params|param a ${x}
imgfetch /i##params|prompt|read z|shell|set 175.3 ${ip}|set net0/x ${${x}}|time echo a|route
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_whatever_a_script_says_it_ends(lines):
    outcome, _ = run("\n".join(lines), {"/s": "#!ipxe\n" + "\n".join(lines[::-1]), "/i": b"i"})
    assert outcome.kind in ("boot", "exit", "failed", "shell")
    assert (outcome.kind in ("failed", "shell")) == bool(outcome.why)
