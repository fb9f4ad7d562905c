"""The results of a run: lines for people, JUnit XML for machines."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH = 100
MOST_STEPS = 10  # of a case, in the table; the JUnit file has all


@dataclass
class Result:
    """A case that was run: its steps with their seconds, and why it failed (empty: it passed)."""

    name: str
    steps: list[tuple[str, float]] = field(default_factory=list)
    failure: str = ""
    tail: str = ""
    starved: bool = False  # it failed before anything of ours ran, on a host that was too busy

    @property
    def seconds(self) -> float:
        """The time of all steps."""
        return sum(seconds for _, seconds in self.steps)


def joined(tries: Sequence[Result]) -> Result:
    """One result of several TRIES of a case: it passed when all did; else the first that failed."""
    failed = [number for number, each in enumerate(tries, 1) if each.failure]
    good = f"{len(tries) - len(failed)} of {len(tries)}"
    result = Result(tries[0].name, [(f"{good} tries", sum(each.seconds for each in tries))])
    if failed:
        first = tries[failed[0] - 1]
        result.failure = f"{good} tries passed; try {failed[0]}: {first.failure}"
        result.tail = first.tail
    return result


def table(results: Sequence[Result]) -> str:
    """A block per case: verdict, seconds, and how long each step took."""
    wide = max((len(result.name) for result in results), default=0)
    lines = []
    for result in results:
        verdict = "FAILED" if result.failure else "passed"
        lines.append(f"{verdict}  {result.name:<{wide}}  {result.seconds:6.1f} s")
        steps = _steps(result.steps)
        lines += textwrap.wrap(steps, WIDTH - 8, initial_indent=" " * 8, subsequent_indent=" " * 8)
        if result.failure:
            lines.append(f"        {result.failure}")
    return "\n".join(lines)


def _steps(steps: Sequence[tuple[str, float]]) -> str:
    """Each step and its seconds; of many, the slowest ones in their order, and the rest's sum."""
    limit = sorted((seconds for _, seconds in steps), reverse=True)[MOST_STEPS - 1 :]
    shown = [step for step in steps if not limit or step[1] >= limit[0]][:MOST_STEPS]
    parts = [f"{_short(name)} {seconds:.1f}" for name, seconds in shown]
    left = len(steps) - len(shown)
    if left:
        rest = sum(seconds for _, seconds in steps) - sum(seconds for _, seconds in shown)
        parts.append(f"{left} other steps {rest:.1f}")
    return ", ".join(parts)


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def summary(results: Sequence[Result]) -> str:
    """``N passed, N failed``."""
    failed = sum(bool(result.failure) for result in results)
    return f"{len(results) - failed} passed, {failed} failed"


def write_junit(results: Sequence[Result], path: Path, properties: dict[str, str]) -> None:
    """The results as a JUnit file."""
    suite = ET.Element(
        "testsuite",
        name="vm",
        tests=str(len(results)),
        failures=str(sum(bool(result.failure) for result in results)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    kept = ET.SubElement(suite, "properties")
    for name, value in properties.items():
        ET.SubElement(kept, "property", name=name, value=value)
    for result in results:
        case = ET.SubElement(
            suite, "testcase", classname="vm", name=result.name, time=f"{result.seconds:.3f}"
        )
        if result.failure:
            ET.SubElement(case, "failure", message=_xml(result.failure)).text = _xml(result.tail)
        steps = "\n".join(f"{seconds:8.2f} s  {name}" for name, seconds in result.steps)
        ET.SubElement(case, "system-out").text = _xml(steps)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """TEXT without the control characters that XML 1.0 forbids."""
    return "".join(char for char in text if char >= " " or char in "\n\t")
