"""What the Python that runs the tests has, in place of the lean runtime's."""

import importlib.util
import sys
import sysconfig
from pathlib import Path

from initramfs import lean
from initramfs.pyinstaller_spec import ALWAYS

LIBRARY = Path(sysconfig.get_path("stdlib"))


def has(name):
    """Whether this Python has the module NAME."""
    return (
        name in (*lean.OURS, *sys.builtin_module_names)
        or importlib.util.find_spec(name) is not None
    )


def native_modules():
    """The C modules of this Python that the lean runtime would have, too."""
    return sorted({*sys.builtin_module_names, *lean.OURS, *filter(has, lean.MODULES)} - ALWAYS)
