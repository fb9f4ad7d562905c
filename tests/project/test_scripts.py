"""Scripts are run by their names: the folder of each is then the first place where Python looks."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_script_hides_a_module_of_the_standard_library():
    names = {path for path in ROOT.glob("scripts/**/*.py") if path.stem in sys.stdlib_module_names}
    assert names == set()
