"""Kernels inside other files, packed by the real tools."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders import fit as builder
from scripts.builders.kernels import arm64_image, bzimage, zboot
from scripts.builders.pe import by_objcopy, by_struct
from tests.support.dtc import compile_dts
from uroot_py.base.errors import FormatError, PlanError, UrootError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.payload.request import KernelFile
from uroot_py.payload.unwrap import unwrap as unwrap_file

IMAGE = arm64_image()


def unwrap(data: bytes, *more, **options):
    return unwrap_file(KernelFile("kernel", data), *more, **options)


def pack(tool: str, data: bytes) -> bytes:
    return subprocess.run(
        [*tool.split(), "-c"], input=data, capture_output=True, check=True, timeout=60
    ).stdout


def test_a_plain_kernel_stays():
    found = unwrap(bzimage())
    assert (found.data, found.initrds, found.steps) == (bzimage(), [], [])


@pytest.mark.parametrize("tool", ["gzip", "zstd", "lzma", "xz", "lz4 -l", "lzop"])
def test_zboot(tool):
    name = tool.split()[0].replace("lzop", "lzo").encode()
    blob = zboot(pack(tool, IMAGE) + len(IMAGE).to_bytes(4, "little"), name)
    found = unwrap(blob)
    assert found.data == IMAGE
    assert found.steps == ["an EFI zboot kernel"]


def test_uki_as_objcopy_makes_it(tmp_path):
    blob = by_objcopy(
        tmp_path,
        [
            (".cmdline", b"root=/dev/sda1 quiet\n\0"),
            (".initrd", b"initrd" * 100),
            (".ucode", b"microcode"),
            (".dtb", b"tree"),
            (".linux", bzimage()),
        ],
    )
    found = unwrap(blob)
    assert found.data == bzimage()
    assert found.initrds == [b"microcode", b"initrd" * 100]
    assert (found.cmdline, found.dtb) == (b"root=/dev/sda1 quiet", b"tree")
    assert found.steps == ["a unified kernel image"]


@pytest.mark.parametrize(
    ("tool", "word"),
    [("zstd", b"zstd22"), ("xz", b"xzkern"), ("gzip", b"anything"), ("zstd", b"gzip")],
)
def test_zboot_goes_by_the_magic_of_the_data(tool, word):
    assert unwrap(zboot(pack(tool, IMAGE), word)).data == IMAGE


PROFILED = by_struct(
    [
        (".linux", bzimage()),
        (".cmdline", b"common\0rest"),
        (".initrd", b"initrd"),
        (".profile", b"ID=0"),
        (".profile", b"ID=1"),
        (".cmdline", b" one\tquiet "),
        (".initrd", b"other"),
        (".profile", b"ID=2"),
        (".dtb", b"tree"),
    ]
)
PROFILES = [
    pytest.param(None, b"common", [b"initrd"], b"", 0, id="the first one"),
    pytest.param(1, b"one quiet", [b"other"], b"", 1, id="1: its own command line and initrd"),
    pytest.param(2, b"common", [b"initrd"], b"tree", 2, id="2: a device tree more"),
]


@pytest.mark.parametrize(("profile", "cmdline", "initrds", "dtb", "number"), PROFILES)
def test_profiles(profile, cmdline, initrds, dtb, number):
    found = unwrap(PROFILED, profile=profile)
    assert (found.cmdline, found.initrds, found.dtb) == (cmdline, initrds, dtb)
    assert found.steps == [f"profile {number} of a unified kernel image"]


@pytest.mark.parametrize(
    ("data", "profile", "text"),
    [
        pytest.param(PROFILED, 3, "no profile 3 in it; there are 0 to 2", id="none"),
        pytest.param(
            bzimage(), 0, "expected a unified kernel image, found an x86 bzImage", id="no UKI"
        ),
    ],
)
def test_profiles_that_are_not_there(data, profile, text):
    with pytest.raises(PlanError) as caught:
        unwrap(data, profile=profile)
    assert str(caught.value) == text


def test_uimage(tmp_path):
    (tmp_path / "Image").write_bytes(pack("gzip", IMAGE))
    options = ["-A", "arm64", "-O", "linux", "-T", "kernel", "-C", "gzip", "-n", "test"]
    files = [str(tmp_path / "Image"), str(tmp_path / "uImage")]
    words = ["mkimage", *options, "-d", *files]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    found = unwrap((tmp_path / "uImage").read_bytes())
    assert found.data == IMAGE
    assert found.steps == ["a U-Boot legacy image", "a gzip-compressed file"]


def test_wrapped_several_times():
    inner = zboot(pack("gzip", IMAGE), b"gzip")
    found = unwrap(pack("xz", by_struct([(".linux", inner), (".initrd", b"i")], 0xAA64)))
    assert found.data == IMAGE
    assert found.steps == [
        "a xz-compressed file",
        "a unified kernel image",
        "an EFI zboot kernel",
    ]


def test_wrapped_too_often():
    data = IMAGE
    for _ in range(5):
        data = pack("gzip", data)
    with pytest.raises(PlanError) as caught:
        unwrap(data)
    assert str(caught.value) == "wrapped more than 4 times: " + ", ".join(
        ["a gzip-compressed file"] * 4
    )


WRONG = [
    pytest.param(
        zboot(b"payload", b"gzip", size=99),
        "EFI zboot header: payload_size at offset 0xc: expected at most 0x107, found 0x163",
        id="payload outside",
    ),
    pytest.param(
        zboot(b"payload", b"gzip"),
        "EFI zboot header: payload at offset 0x100: expected gzip data, found none",
        id="no gzip",
    ),
    pytest.param(
        pack("xz", IMAGE)[:-40],
        None,
        id="compressed file cut",
    ),
]


@pytest.mark.parametrize(("blob", "text"), WRONG)
def test_refused(blob, text):
    with pytest.raises(FormatError) as caught:
        unwrap(blob)
    assert text is None or str(caught.value) == text


GOOD = [zboot(pack("gzip", IMAGE), b"gzip"), by_struct([(".linux", bzimage()), (".cmdline", b"x")])]


@given(st.sampled_from(GOOD), st.integers(0, 0x400), st.integers(0, 255), st.booleans())
def test_only_our_errors(blob, at, value, cut):
    try:
        unwrap(blob[:at] if cut else blob[:at] + bytes([value]) + blob[at + 1 :])
    except UrootError:
        pass


BASE = '/dts-v1/; / { compatible = "acme,board"; leds: leds { }; };'
OVERLAY = '/dts-v1/; /plugin/; &{/leds} { colour = "red"; };'


@pytest.fixture(scope="module")
def fit_image(tmp_path_factory):
    images = (
        builder.kernel("k", "k", "gzip")
        + builder.ramdisk("r", "r")
        + builder.tree("d", "d")
        + builder.tree("o", "o")
    )
    configurations = """
        default = "plain";
        plain { kernel = "k"; };
        full { kernel = "k"; fdt = "d", "o"; ramdisk = "r"; compatible = "acme,board"; };
    """
    files = {
        "k": pack("gzip", IMAGE),
        "r": b"ramdisk",
        "d": compile_dts(BASE, "-@"),
        "o": compile_dts(OVERLAY, "-@"),
    }
    return builder.mkimage(tmp_path_factory.mktemp("fit"), images, configurations, files, ("-E",))


def test_fit_default(fit_image):
    found = unwrap(fit_image)
    assert (found.data, found.initrds, found.dtb) == (IMAGE, [], b"")
    assert found.steps == ["configuration plain, the default, of a FIT image"]


@pytest.mark.parametrize(("name", "machine"), [("full", []), ("", ["acme,board"])])
def test_fit_with_trees_and_ramdisk(fit_image, name, machine):
    found = unwrap(pack("xz", fit_image), name, machine)
    assert (found.data, found.initrds) == (IMAGE, [b"ramdisk"])
    leds = fdt.parse(found.dtb).find("/leds")
    assert leds
    assert leds.string("colour") == "red"
    assert found.steps[0] == "a xz-compressed file"


@given(st.data())
def test_damaged_fit_gives_only_format_errors(fit_image, data):
    at, value = data.draw(st.integers(0, len(fit_image) - 1)), data.draw(st.integers(0, 255))
    changed = fit_image[:at] + bytes([value]) + fit_image[at + 1 :]
    for blob in (fit_image[:at], changed):
        try:
            unwrap(blob)
        except FormatError:
            pass
