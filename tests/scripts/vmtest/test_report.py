"""The table and the JUnit file."""

from xml.etree import ElementTree as ET

from scripts.vmtest.report import Result, summary, table, write_junit

RESULTS = [
    Result("shell", [("to the prompt", 5.04), ("echo  hi", 0.5)]),
    Result("kexec.long", [("x" * 50, 1.0)], "kexec: a panic\x1b", "last\x07 line"),
]


def test_table():
    assert table(RESULTS) == (
        "passed  shell          5.5 s\n"
        "        to the prompt 5.0, echo hi 0.5\n"
        "FAILED  kexec.long     1.0 s\n"
        f"        {'x' * 37}... 1.0\n"
        "        kexec: a panic\x1b"
    )
    assert table([]) == ""


def test_of_many_steps_the_slowest_are_shown():
    steps = [(f"s{number}", float(number)) for number in range(12)]
    text = table([Result("case", steps)])
    assert "s0" not in text
    assert "s1 " not in text
    assert text.index("s2 2.0") < text.index("s11 11.0")
    assert text.endswith("2 other steps 1.0")


def test_summary():
    assert summary(RESULTS) == "1 passed, 1 failed"
    assert summary([]) == "0 passed, 0 failed"


def test_junit(tmp_path):
    write_junit(RESULTS, tmp_path / "junit.xml", {"engine": "qemu-tcg"})
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert suite.attrib == {"name": "vm", "tests": "2", "failures": "1", "time": "6.540"}
    (kept,) = suite.iter("property")
    assert kept.attrib == {"name": "engine", "value": "qemu-tcg"}
    (failure,) = suite.iter("failure")
    assert (failure.attrib["message"], failure.text) == ("kexec: a panic", "last line")
