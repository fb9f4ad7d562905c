"""Commands that the recorded scripts do not show: iPXE of Debian 12 has not all of them."""

import pytest

from tests.support.ipxe import HOME, machine, run

WRITES = {
    "time": ("time echo a", "a\n"),
    "time fails": ("time isset ${x} || echo b", "b\n"),
    "cpuid": ("cpuid --ext 29 && echo 64 || echo 32", "32\n"),
    "show": ("set x:int8 5\nshow x\nshow net0/ip", "x:int8 = 5\nnet0.dhcp/ip:ipv4 = 10.0.2.15\n"),
    "errno": ("nope || echo ${errno}\nisset ${x} || echo ${errno}", "0x2e000000\n0x2d000000\n"),
    "unixtime": ("echo ${unixtime} ${unixtime:int32}", "0x6b0deddd 1796074973\n"),
    "cwuri": ("echo ${cwuri} ${cwduri}", f"{HOME}/boot/main.ipxe {HOME}/boot/\n"),
    "quiet": ("console --picture x.png && colour --basic 1 0 && sync && echo ok", "ok\n"),
    "sleep": ("sleep 3 && echo ok", "ok\n"),
    "overridden": ("set buildarch arm64\necho ${buildarch} ${builtin/buildarch}", "arm64 i386\n"),
}


@pytest.mark.parametrize(("script", "text"), WRITES.values(), ids=WRITES)
def test_writes(script, text):
    assert run(script)[1].said == text


def test_cpuid_of_a_64_bit_machine():
    facts = machine()
    facts.arch = "x86_64"
    facts.cpu_features = frozenset({(1, "ecx", 5)})
    text = "cpuid --ext 29 && cpuid --ecx 5 && echo yes\ncpuid 5 || echo no"
    assert run(text, facts=facts)[1].said == "yes\nno\n"


@pytest.mark.parametrize(
    ("script", "posted"),
    [
        ("params\nparam mac ${net0/mac}\nparam a b c&d\nimgfetch /r##params",
         (b"mac=52%3A54%3A00%3A12%3A34%3A56&a=b%20c%26d", {})),
        ("params --name p\nparam --params p k\nimgfetch /r##params=p", (b"k=", {})),
        ("params\nparam --header X-Key v w\nimgfetch /r##params", (None, {"X-Key": "v w"})),
        ("params\nparam --header X v\nparam a b\nimgfetch /r##params", (b"a=b", {"X": "v"})),
        ("params\nimgfetch /r##params", (b"", {})),
    ],
)  # fmt: skip
def test_parameters(script, posted):
    outcome, web = run(script, {"/r": "r"})
    assert (outcome.kind, web.log, web.posted) == ("exit", ["/r"], [posted])


def test_parameters_are_used_once():
    _, web = run("params\nparam a b\nimgfetch /r##params\nimgfetch /r##params", {"/r": "r"})
    assert (web.log, web.posted) == (["/r", "/r"], [(b"a=b", {})])


def test_a_header_cannot_hold_another():
    outcome, _ = run("set x:uristring %0d%0a\nparams\nparam --header A b${x:string}c:d")
    assert "a header is one printable line" in outcome.why


@pytest.mark.parametrize(
    ("script", "kind", "why"),
    [
        ("shell", "shell", "the script ends in iPXE's shell"),
        ("reboot", "reboot", "the script ends with reboot"),
        ("poweroff", "poweroff", "the script ends with poweroff"),
        ("exit", "exit", ""),
    ],
)
def test_ends(script, kind, why):
    outcome, _ = run(script)
    assert (outcome.kind, outcome.why) == (kind, why)


def test_a_shell_that_was_left_goes_on():
    assert run("shell && echo on", keys=["shell"])[1].said == "on\n"


def test_what_is_refused_says_why_and_the_script_goes_on():
    outcome, _ = run("imgverify k k.sig || console || autoboot ||")
    place = f"{HOME}/boot/main.ipxe: line 2"
    assert outcome.notes == [
        f"{place}: imgverify: signatures and keys of images are not known here yet",
        f"{place}: console: this menu has a look of its own",
    ]
