"""Reading images: any row of archives, packed or not; cat, extract and diff of hostile ones."""

import subprocess

import pytest

from initramfs import __main__ as workshop
from initramfs import contents
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.archive.cpio import Member, build

FILE, LINK, FOLDER, NODE = 0o100644, 0o120777, 0o40755, 0o20600


def member(name, data=b"", mode=FILE, **more):
    return Member(name, mode, data, **more)


def packed(tool, data):
    return subprocess.run([*tool.split(), "-c"], input=data, capture_output=True, check=True).stdout


@pytest.fixture
def write(tmp_path):
    def write(data, name="image"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    "tool", ["gzip", "xz --check=crc32", "zstd -q", "lz4 -l -q", "bzip2", "xz --format=lzma"]
)
def test_early_archive_and_packed_rest(write, tool):
    early = build([member("kernel/x86/microcode/GenuineIntel.bin", b"m")])
    data = build([member("a", b"1"), member("b", b"2")]) + build([member("a", b"3")])
    image = contents.open_image(write(early + packed(tool, data)))
    assert [len(segment.members) for segment in image.segments] == [1, 2, 1]
    assert image.segments[0].packing == "none"
    assert tool.startswith(image.segments[1].packing) or tool.endswith("lzma")
    assert {each.name: each.data for each in image.members()} == {
        "a": b"3",
        "b": b"2",
        "kernel/x86/microcode/GenuineIntel.bin": b"m",
    }


def test_hard_links_share_their_data(tmp_path, write):
    (tmp_path / "one").write_bytes(b"both")
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    done = subprocess.run(
        ["cpio", "--quiet", "-o", "-H", "newc"],
        input=b"one\ntwo\n",
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    image = contents.open_image(write(done.stdout))
    assert [contents.read(image, name) for name in ("one", "two")] == [b"both", b"both"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            b"", "image at offset 0x0: expected a cpio archive, found nothing", id="empty"
        ),
        pytest.param(
            build([]) + b"junk",
            "image at offset 0x200: expected a cpio archive or one of gzip, xz, zstd, lz4, bzip2,"
            " lzma, found 'junk'",
            id="junk behind",
        ),
        pytest.param(
            packed("gzip", packed("gzip", build([]))),
            "image at offset 0x0: expected a cpio archive or one of gzip, xz, zstd, lz4, bzip2,"
            " lzma, found '\\x1f\\x8b\\x08\\x00\\x00\\x00'",
            id="packed twice",
        ),
    ],
)
def test_what_is_no_image(write, data, message):
    path = write(data)
    with pytest.raises(FormatError) as caught:
        contents.open_image(path)
    assert str(caught.value).startswith(f"{path}: {message[:60]}")


LINKS = [
    member("bin", mode=FOLDER),
    member("bin/tool", b"tool"),
    member("lib64", b"lib", LINK),
    member("lib", mode=FOLDER),
    member("lib/x", b"../bin/tool", LINK),
    member("lib/abs", b"/lib64/x", LINK),
    member("loop", b"loop", LINK),
    member("up", b"../../../bin", LINK),
    member("dev/null", mode=NODE, rdev=(1, 3)),
]


@pytest.mark.parametrize(
    "path", ["bin/tool", "/bin/tool", "lib/x", "lib64/x", "lib/abs", "up/tool", "bin/../lib/x"]
)
def test_links_are_followed_inside_the_image(write, path):
    assert contents.read(contents.open_image(write(build(LINKS))), path) == b"tool"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("bin/none", "no file 'bin/none' in it", id="missing"),
        pytest.param("loop", "'loop': too many links", id="loop"),
        pytest.param("bin", "'bin' is no regular file", id="directory"),
        pytest.param("dev/null", "'dev/null' is no regular file", id="node"),
        pytest.param("lib/x/y", "no file 'lib/x/y' in it", id="below a file"),
        pytest.param("loop/y", "no file 'loop/y' in it", id="below a loop"),
    ],
)
def test_what_cannot_be_read(write, path, message):
    image = contents.open_image(write(build(LINKS)))
    with pytest.raises(RefusedError) as caught:
        contents.read(image, path)
    assert str(caught.value) == f"{image.source}: {message}"


def test_extract_stays_inside(tmp_path, write):
    outside = tmp_path / "outside"
    outside.mkdir()
    hostile = [
        *LINKS,
        member("../outside/one", b"x"),
        member("/outside/two", b"x"),
        member("hole", str(outside).encode(), LINK),
        member("hole/three", b"x"),
        member("lib64/inner", b"fine"),
        member("suid", b"x", 0o104755),
    ]
    left = contents.extract(contents.open_image(write(build(hostile))), tmp_path / "in")
    assert left == [
        "../outside/one: leads out of the archive's directory",
        "dev/null: is a device node",
        f"{tmp_path}/in/hole/three: file exists",
    ]
    assert list(outside.iterdir()) == []
    assert (tmp_path / "in/lib/inner").read_bytes() == b"fine"
    assert (tmp_path / "in/suid").stat().st_mode & 0o7777 == 0o755
    with pytest.raises(RefusedError, match="is not empty; name a new directory"):
        contents.extract(contents.open_image(write(build(hostile))), tmp_path / "in")


def test_diff_names_what_changed(write, capsys):
    old = build([member("gone", b"1"), member("same", b"2"), member("l", b"a", LINK)])
    new = build([member("same", b"2"), member("l", b"b", LINK), member("x", mode=FOLDER)])
    changed = build([member("same", b"22", mtime=5), member("l", b"b", LINK)])
    one, two, three = (write(data, name) for data, name in ((old, "1"), (new, "2"), (changed, "3")))
    assert workshop.main(["diff", str(one), str(two)]) == 1
    assert capsys.readouterr().out == "- gone\n~ l: a -> b\n+ x\n"
    assert workshop.main(["diff", str(two), str(three)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("~ same: 1 bytes -> 2 bytes, ")
    assert out[1:] == ["- x"]
    assert workshop.main(["diff", str(one), str(one)]) == 0
    assert capsys.readouterr().out == "the same contents\n"


def test_cat_writes_bytes(write, capfdbinary):
    path = write(build([member("a", b"\xff\n"), member("b", b"b")]))
    assert workshop.main(["cat", str(path), "b", "a"]) == 0
    import sys

    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"b\xff\n"


def test_control_characters_are_not_shown(write, capsys):
    path = write(build([member("a\x1b[2J", b"1"), member("l", b"\x07", LINK)]))
    assert workshop.main(["ls", str(path)]) == 0
    out = capsys.readouterr().out
    assert "a?[2J\n" in out
    assert "l -> ?\n" in out
