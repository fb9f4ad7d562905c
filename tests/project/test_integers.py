"""Numbers in bytes are read through base.layout or base.reader: a short slice gives no number.

int.from_bytes of a slice that passes the end is a smaller number, without a word; struct raises an
error of its own. Whoever is on the list says why; the list may only become shorter.
"""

import re

import pytest

from tests.project.test_budget import ROOT, sources

RAW = re.compile(r"\bfrom_bytes\(|\.to_bytes\(|^ *(import|from) struct\b", re.MULTILINE)
ALLOWED = {
    "uroot_py/base/layout.py": "the declaration's own reader",
    "uroot_py/base/reader.py": "the small reader itself",
    "uroot_py/formats/compress/zstd.py": "bit streams: most of the time of a kernel's start",
    "uroot_py/formats/fdt/tree.py": "tokens of a structure block: most of the time of a boot",
    "uroot_py/formats/fdt/build.py": "the same tokens, written",
    "uroot_py/formats/fdt/salvage.py": "what is cut off counts as far as it goes",
    "uroot_py/base/pbkdf2.py": "two hundred thousand rounds of a hash: who waits is a person",
    "uroot_py/formats/fdt/text.py": "signed numbers, as fdtget prints them",
}


@pytest.mark.parametrize("folder", ["uroot_py", "cmds"])
def test_numbers_are_read_in_one_place(folder):
    raw = {str(p.relative_to(ROOT)) for p in sources(folder) if RAW.search(p.read_text())}
    assert raw - set(ALLOWED) == set()


def test_the_list_is_not_longer_than_it_must_be():
    assert {name for name in ALLOWED if not RAW.search((ROOT / name).read_text())} == set()
