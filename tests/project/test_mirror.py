"""tests/ mirrors the building: a module has its test, or a line that says which test has it."""

import pathlib

ROOT = pathlib.Path(__file__).parents[2]
LIST = pathlib.Path(__file__).with_name("tested_elsewhere.txt")
MOST = 74  # lines of the list; only downwards


def modules():
    return [
        path.relative_to(ROOT)
        for room in ("uroot_py", "cmds", "initramfs")
        for path in sorted((ROOT / room).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    ]


def mirrored(module):
    return pathlib.Path("tests") / module.parent / f"test_{module.name}"


def elsewhere():
    """Module -> the test that has it."""
    lines = LIST.read_text().splitlines()
    return dict(line.split() for line in lines if line and line[0] != "#")


def test_every_module_has_its_test():
    listed = elsewhere()
    without = [
        str(module)
        for module in modules()
        if not (ROOT / mirrored(module)).exists() and str(module) not in listed
    ]
    hint = f"write tests/ROOM/test_NAME.py, or a line in tests/project/{LIST.name}"
    assert not without, f"{', '.join(without)}: {hint}"


def test_the_list_is_short_and_true():
    listed = elsewhere()
    there = {str(module) for module in modules()}
    assert len(listed) <= MOST
    assert set(listed) <= there, "a module is gone"
    assert [name for name in listed if (ROOT / mirrored(pathlib.Path(name))).exists()] == []
    assert [test for test in listed.values() if not (ROOT / test).exists()] == []
