"""Budgets of the image: its code, the C modules it reaches, and whole images (budgets.toml).

The code is packed alone, because Python and its libraries differ from one machine to the next.
"""

import marshal
import subprocess
import tomllib
from pathlib import Path

import pytest

from cmds.table import TABLE
from initramfs import blob, build, code, compress, contents
from initramfs import pyinstaller_spec as recipe
from initramfs.freeze import freeze
from initramfs.profile import load
from tests.support import interpreter

BUDGETS = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text())
ROOT = Path(__file__).parents[2]
SLACK = 80_000  # bytes: a number further above than this is no budget; Pythons differ by half of it


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Name -> module, of the profile with everything."""
    work = tmp_path_factory.mktemp("freeze")
    native = interpreter.native_modules()
    freeze(load("core"), work, library=interpreter.LIBRARY, native=native)
    return {part.name: part for part in blob.parse((work / "lib.img").read_bytes())}


@pytest.fixture(scope="module")
def reached(parts):
    """Profile -> the modules that it reaches, those in C, too."""
    wanted = {
        name: code.imports(marshal.loads(part.data), name, package=part.kind == blob.PACKAGE)
        for name, part in parts.items()
    }

    def found(name):
        profile = load(name)
        left_out = {"cmds." + row.module.partition(":")[0] for row in TABLE}
        modules = {"cmds." + row.module.partition(":")[0] for row in profile.applets}
        out = (left_out - modules) | set(profile.without)
        native = set(interpreter.native_modules()) - recipe.excluded() - out

        def edges(module):
            if module in native:
                return ()
            return None if module in out else wanted.get(module)

        # The last is asked for by name at run time.
        start = ["cmds.dispatch", "uroot_main", *modules, *recipe.LEAN_ROOTS, "zstandard"]
        return code.reach(edges, start)

    return {name: found(name) for name in BUDGETS["code"]}


@pytest.mark.parametrize("profile", list(BUDGETS["code"]))
def test_the_code_fits(parts, reached, profile):
    image = blob.build([parts[name] for name in reached[profile] if name in parts])
    size, most = len(compress.compress(image, "xz")), BUDGETS["code"][profile]
    assert most - SLACK < size <= most, f"{profile}: {size} bytes of code, the budget is {most}"


@pytest.mark.parametrize("profile", list(BUDGETS["native"]))
def test_the_c_modules_are_those(parts, reached, profile):
    listed = [name for name in BUDGETS["native"][profile].split() if interpreter.has(name)]
    assert sorted(reached[profile] - set(parts)) == listed


def test_all_of_it_is_what_the_freeze_found(parts, reached):
    assert set(parts) <= reached["core"]


IMAGES = [
    pytest.param(runtime, profile, packing, most, id=f"{runtime} {profile} {packing}")
    for runtime, profiles in BUDGETS["image"].items()
    for profile, packings in profiles.items()
    for packing, most in packings.items()
]


@pytest.mark.image
@pytest.mark.parametrize(("runtime", "profile", "packing", "most"), IMAGES)
def test_the_image_fits(tmp_path, runtime, profile, packing, most):
    output = tmp_path / "image"
    options = build.Options(output, packing, profile=profile, runtime=runtime, work=ROOT / "build")
    made = build.build(options)
    assert made["packed"] <= most, f"{made['packed']} bytes, the budget is {most}"


@pytest.mark.image
@pytest.mark.parametrize("runtime", build.RUNTIMES)
def test_two_folders_give_the_same_bytes(tmp_path, runtime):
    """The lean runtime itself is built in each folder, too."""
    made = []
    for name in ("one", "a longer name/two"):
        work = tmp_path / name
        work.mkdir(parents=True)
        options = build.Options(work / "image", "none", runtime=runtime, work=work)
        build.build(options)
        made.append((work / "image").read_bytes())
    assert made[0] == made[1]


PACKERS = {"zcat": "gzip", "bzcat": "bzip2", "xzcat": "xz", "zstdcat": "zstd -q"}


@pytest.fixture(scope="module")
def lean_tree(tmp_path_factory):
    """The lean image with everything, unpacked; its program runs here, too."""
    work = tmp_path_factory.mktemp("lean")
    build.build(build.Options(work / "image", "none", runtime="lean", work=ROOT / "build"))
    contents.extract(contents.open_image(work / "image"), work / "tree")
    return work / "tree"


@pytest.mark.image
@pytest.mark.parametrize("applet", list(PACKERS))
def test_the_lean_program_unpacks(lean_tree, applet):
    """Its decoders in C are not those of this Python: two streams, and what follows them."""
    pack = [
        subprocess.run(PACKERS[applet].split(), input=text, capture_output=True, check=True).stdout
        for text in (b"one\n" * 50_000, b"two\n")
    ]
    done = subprocess.run([lean_tree / "bin" / applet], input=b"".join(pack), capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"one\n" * 50_000 + b"two\n"), done.stderr
