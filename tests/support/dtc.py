"""The tools of dtc, as the second opinion on device trees."""

import re
import subprocess
from pathlib import Path

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "fdt").glob("*.dtb*"))
SECONDS = 60


def tool(*words, data=None):
    """Status, output and errors of a command; ENOENT where it is not installed."""
    done = subprocess.run(
        [str(word) for word in words], input=data, capture_output=True, timeout=SECONDS, check=False
    )
    return done.returncode, done.stdout, done.stderr


def run(*words, data=None):
    """The output of a command that must not fail."""
    status, output, errors = tool(*words, data=data)
    assert status == 0, (words, status, errors[-500:])
    return output


def compile_dts(source, *options):
    """The blob that dtc makes of SOURCE."""
    return run("dtc", "-q", *options, "-I", "dts", "-O", "dtb", "-", data=source.encode())


_TEXT = rb'"(?:[^"\\]|\\.)*"'
_LIST = re.compile(_TEXT + b"(?:, " + _TEXT + b")+")


def as_dts(path, *options):
    """The source that dtc makes of the blob in PATH.

    Newer ones write a list of strings with quotes around each, older ones as one text with `\\0`.
    """
    text = run("dtc", "-q", *options, "-I", "dtb", "-O", "dts", path)
    return _LIST.sub(_one_text, text)


def _one_text(found):
    strings = [text[1:-1] for text in re.findall(_TEXT, found[0])]
    return b'"' + b"\\0".join(strings) + b'"'


def read_sample(path):
    """The blob in a sample, which may be packed."""
    import gzip

    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def at(tree, path):
    """The node at PATH, which must be there."""
    found = tree.find(path)
    assert found is not None, path
    return found
