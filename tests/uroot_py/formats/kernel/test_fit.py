"""FIT images as mkimage makes them, damaged ones, signed ones."""

import gzip
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.builders import fit as builder
from tests.support.dtc import compile_dts
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.fdt import edit as fdt_edit
from uroot_py.formats.kernel import fit

KERNEL, RAMDISK = b"kernel" * 9, b"ramdisk"
DTB = compile_dts('/dts-v1/; / { compatible = "acme,board"; };')
FILES = {"k": KERNEL, "kz": gzip.compress(KERNEL, mtime=0), "r": RAMDISK, "d": DTB}
ALL_HASHES = "".join(
    f'hash-{number} {{ algo = "{name}"; }};\n'
    for number, name in enumerate(
        ("crc16-ccitt", "crc32", "md5", "sha1", "sha256", "sha384", "sha512")
    )
)
IMAGES = (
    builder.kernel("k1", "k", hashes=ALL_HASHES)
    + builder.kernel("k2", "kz", "gzip")
    + builder.ramdisk("r1", "r")
    + builder.tree("d1", "d")
    + builder.tree("o1", "d")
)
CONFIGURATIONS = """
default = "c1";
c1 { description = "the first"; kernel = "k1"; fdt = "d1"; ramdisk = "r1"; };
c2 { kernel = "k2"; fdt = "d1", "o1"; compatible = "acme,board-2", "acme,board"; };
extra { fdt = "o1"; };
loads { kernel = "k1"; loadables = "o1"; };
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return builder.mkimage(tmp_path_factory.mktemp("fit"), IMAGES, CONFIGURATIONS, FILES)


EXTERNAL = [
    pytest.param((), id="inside"),
    pytest.param(("-E",), id="behind"),
    pytest.param(("-E", "-p", "0x4000"), id="at a place"),
    pytest.param(("-E", "-B", "0x200"), id="aligned"),
]


@pytest.mark.parametrize("options", EXTERNAL)
def test_parts(tmp_path, options):
    image = fit.parse(builder.mkimage(tmp_path, IMAGES, CONFIGURATIONS, FILES, options))
    assert list(image.configurations) == ["c1", "c2", "extra", "loads"]
    chosen, why = image.choose()
    assert (chosen.name, chosen.description, why) == ("c1", "the first", "the default")
    assert image.contents(chosen.kernel, *fit.KERNELS) == KERNEL
    assert image.contents(chosen.ramdisk, "ramdisk") == RAMDISK
    assert [image.contents(name, "flat_dt") for name in chosen.trees] == [DTB]
    assert image.contents("k2", "kernel") == KERNEL


CHOICES = [
    pytest.param("c2", [], ("c2", "as asked"), ["d1", "o1"], id="by name"),
    pytest.param("c1#extra", [], ("c1", "as asked"), ["d1", "o1"], id="with trees on top"),
    pytest.param("", ["acme,board"], ("c2", "this machine is a acme,board"), None, id="machine"),
    pytest.param("", ["other"], ("c1", "the default"), ["d1"], id="of no machine"),
]


@pytest.mark.parametrize(("name", "machine", "expected", "trees"), CHOICES)
def test_choices(made, name, machine, expected, trees):
    chosen, why = fit.parse(made).choose(name, machine)
    assert (chosen.name, why) == expected
    assert trees in (None, chosen.trees)


NO_CHOICE = [
    pytest.param(
        "c3", "no configuration 'c3' in it; one of c1, c2, extra, loads", id="no such name"
    ),
    pytest.param("loads", "configuration loads: no place is known for o1", id="loadables"),
    pytest.param(
        "extra",
        "/configurations/extra: property kernel at offset 0x0: expected the name of a part,"
        " found none",
        id="no kernel",
    ),
]


@pytest.mark.parametrize(("name", "text"), NO_CHOICE)
def test_no_choice(made, name, text):
    with pytest.raises((FormatError, RefusedError)) as caught:
        fit.parse(made).choose(name)
    assert str(caught.value) == text


def test_without_a_default(tmp_path):
    images = builder.kernel("k1", "k")
    one, two = '\na { kernel = "k1"; };', '\nb { kernel = "k1"; };'
    files = {"k": KERNEL}
    image = fit.parse(builder.mkimage(tmp_path, images, one, files))
    assert image.choose()[1] == "the only one"
    image = fit.parse(builder.mkimage(tmp_path, images, one + two, files))
    with pytest.raises(FormatError) as caught:
        image.choose()
    text = "FIT image: default at offset 0x0: expected one of a, b, found none"
    assert str(caught.value) == text


@pytest.mark.parametrize("number", range(7))
def test_each_digest_is_checked(made, number):
    image = fit.parse(made)
    node = image.parts["k1"].child(f"hash-{number}")
    assert node
    node.properties["value"] = bytes(len(node.properties["value"]))
    with pytest.raises(FormatError) as caught:
        image.contents("k1", "kernel")
    zeros = "00" * len(node.properties["value"])
    start = f"/images/k1/hash-{number}: property value at offset 0x0: expected {zeros}, found "
    assert str(caught.value).startswith(start)


WRONG = [
    pytest.param("k1", "type", b"script\0", "expected kernel, found script", id="type"),
    pytest.param("k1", "compression", b"xz\0", "data at offset 0x0: expected xz data,", id="other"),
    pytest.param("k1", "data", None, "expected the bytes, or where they are, found none", id="no"),
    pytest.param(
        "k1/hash-1",
        "algo",
        b"rot13\0",
        "expected one of crc16-ccitt, crc32, md5, sha1, sha256, sha384, sha512, found rot13",
        id="unknown digest",
    ),
]


@pytest.mark.parametrize(("path", "name", "value", "text"), WRONG)
def test_wrong_parts(made, path, name, value, text):
    image = fit.parse(made)
    part, _, inner = path.partition("/")
    node = image.parts[part].child(inner) if inner else image.parts[part]
    assert node
    if value is None:
        del node.properties[name]
    else:
        node.properties[name] = value
    with pytest.raises(FormatError) as caught:
        image.contents("k1", "kernel")
    assert text in str(caught.value)


def test_no_such_part(made):
    with pytest.raises(FormatError) as caught:
        fit.parse(made).contents("k9", "kernel")
    text = "FIT image: /images at offset 0x0: expected a part 'k9', found none"
    assert str(caught.value) == text


def test_external_data_outside(tmp_path):
    made = builder.mkimage(tmp_path, IMAGES, CONFIGURATIONS, FILES, ("-E",))
    with pytest.raises(FormatError, match=r"data-size at offset 0x0: expected data inside 0x"):
        fit.parse(made[:-30]).contents("o1", "flat_dt")


SIGNED = 'signature-1 { algo = "sha256,rsa2048"; key-name-hint = "dev"; };\n'
SIGNED_ALL = SIGNED.replace("};", 'sign-images = "kernel"; };')


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    words = "openssl req -batch -new -x509 -newkey rsa:2048 -nodes -subj /CN=dev -keyout dev.key"
    subprocess.run(
        [*words.split(), "-out", "dev.crt"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


def test_a_signed_part_is_refused(tmp_path, keys):
    images = builder.kernel("k1", "k", hashes=builder.HASHES + SIGNED)
    configuration = 'default = "c"; c { kernel = "k1"; };'
    blob = builder.mkimage(tmp_path, images, configuration, FILES, ("-k", str(keys)))
    with pytest.raises(RefusedError) as caught:
        fit.parse(blob).contents("k1", "kernel")
    assert str(caught.value) == (
        "/images/k1 is signed with the key dev; signatures of FIT images cannot be checked here"
    )


def test_a_signed_configuration_is_refused(tmp_path, keys):
    images = builder.kernel("k1", "k")
    configuration = f'default = "c"; c {{ kernel = "k1"; {SIGNED_ALL} }};'
    blob = builder.mkimage(tmp_path, images, configuration, FILES, ("-k", str(keys)))
    chosen, _ = fit.parse(blob).choose()
    with pytest.raises(RefusedError, match=r"^/configurations/c is signed with the key dev; "):
        fit.check_unsigned(chosen.node)


def test_encrypted_parts_are_refused(made):
    image = fit.parse(made)
    fdt_edit.add(image.parts["k1"], "cipher")
    with pytest.raises(RefusedError) as caught:
        image.contents("k1", "kernel")
    assert str(caught.value) == "/images/k1 is encrypted"


def take(data: bytes) -> None:
    """Everything that the image's default configuration has; only FormatError may come."""
    try:
        image = fit.parse(data)
        chosen, _ = image.choose()
        image.contents(chosen.kernel, *fit.KERNELS)
        for name in chosen.trees:
            image.contents(name, "flat_dt")
        if chosen.ramdisk:
            image.contents(chosen.ramdisk, "ramdisk")
    except FormatError:
        pass


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_prefixes_and_changed_bytes(made, data):
    cut = data.draw(st.integers(0, len(made) - 1))
    take(made[:cut])
    at, value = data.draw(st.integers(0, len(made) - 1)), data.draw(st.integers(0, 255))
    take(made[:at] + bytes([value]) + made[at + 1 :])


def test_a_changed_kernel_is_never_taken(made):
    at = made.index(KERNEL)
    for offset in range(0, len(KERNEL), 7):
        changed = bytearray(made)
        changed[at + offset] ^= 1
        with pytest.raises(FormatError, match=r"/images/k1/hash-0: property value"):
            fit.parse(changed).contents("k1", "kernel")
