"""Would a kernel take an image?"""

import pytest

from initramfs import __main__ as workshop
from initramfs import check, contents
from initramfs.kernel import Config
from scripts.builders.kernels import arm64_image
from uroot_py.formats.archive.cpio import Member, build

GOOD = """
CONFIG_BLK_DEV_INITRD=y CONFIG_BINFMT_ELF=y CONFIG_BINFMT_SCRIPT=y CONFIG_PROC_FS=y CONFIG_SYSFS=y
CONFIG_DEVTMPFS=y CONFIG_TMPFS=y CONFIG_FUTEX=y CONFIG_TTY=y CONFIG_PRINTK=y CONFIG_MODULES=y
CONFIG_KEXEC_FILE=y CONFIG_SERIAL_8250_CONSOLE=y CONFIG_VIRTIO_BLK=m CONFIG_EXT4_FS=y CONFIG_RD_XZ=y
"""


@pytest.fixture
def image(tmp_path):
    members = [
        Member("etc/script", 0o100755, b"#!/bin/sh\n"),
        Member("lib/modules/6.1.0-1/kernel/virtio_blk.ko", 0o100644, b"\x7fELF"),
        Member("lib/modules/6.1.0-1/modules.builtin", 0o100644, b"kernel/fs/ext4/ext4.ko\n"),
    ]
    (tmp_path / "image").write_bytes(build(members))
    return contents.open_image(tmp_path / "image")


@pytest.fixture
def config(tmp_path):
    def config(*without):
        file = tmp_path / "config"
        words = [word for word in GOOD.split() if word.partition("=")[0] not in without]
        file.write_text("\n".join(words))
        return Config(file)

    return config


def test_a_kernel_that_takes_it(image, config):
    assert check.against_config(image, config()) == []
    assert check.missing(image, config(), ["ext4", "virtio-blk"]) == []


@pytest.mark.parametrize(
    ("option", "line"),
    [
        pytest.param(
            "CONFIG_BLK_DEV_INITRD",
            "{file}: CONFIG_BLK_DEV_INITRD is not set: this kernel takes no image",
            id="no image",
        ),
        pytest.param(
            "CONFIG_DEVTMPFS",
            "{file}: CONFIG_DEVTMPFS is not set: disks get no device nodes",
            id="devtmpfs",
        ),
        pytest.param(
            "CONFIG_MODULES",
            "{file}: CONFIG_MODULES is not set, but 1 are in the image",
            id="modules",
        ),
        pytest.param(
            "CONFIG_BINFMT_SCRIPT",
            "{file}: CONFIG_BINFMT_SCRIPT is not set: scripts do not start",
            id="scripts",
        ),
        pytest.param(
            "CONFIG_VIRTIO_BLK",
            "{file}: a disk driver is missing: none of CONFIG_BLK_DEV_NVME, CONFIG_SATA_AHCI,"
            " CONFIG_VIRTIO_BLK, CONFIG_BLK_DEV_SD, CONFIG_MMC_BLOCK",
            id="no disk driver",
        ),
        pytest.param(
            "CONFIG_KEXEC_FILE",
            "{file}: a system call to start the next kernel is missing: none of"
            " CONFIG_KEXEC_FILE, CONFIG_KEXEC",
            id="no kexec",
        ),
    ],
)
def test_one_line_per_problem(image, config, option, line):
    found = config(option)
    assert check.against_config(image, found) == [line.format(file=found.source)]


def test_every_requirement_has_its_line(image, config):
    for option, loss in check.REQUIRED:
        lines = check.against_config(image, config(f"CONFIG_{option}"))
        assert len(lines) == 1
        assert f"CONFIG_{option} is not set" in lines[0]
        assert lines[0].endswith(loss) or option == "BLK_DEV_INITRD"


def test_modules_that_are_needed(image):
    assert check.missing(image, None, ["ext4", "nvme", "virtio_blk"]) == [
        f"{image.source}: module nvme is missing"
    ]


def test_modules_of_another_kernel(image, tmp_path):
    kernel = tmp_path / "vmlinuz"
    data = bytearray(0x400 * 2)
    data[0x1F1] = 1
    data[0x1FE:0x200] = b"\x55\xaa"
    data[0x201] = 0x6A
    data[0x202:0x206] = b"HdrS"
    data[0x206:0x208] = (0x020F).to_bytes(2, "little")
    data[0x20E:0x210] = (0x100).to_bytes(2, "little")
    data[0x300:0x310] = b"6.1.0-2 (x) #1\0\0"
    kernel.write_bytes(data)
    assert check.against_kernel(image, kernel) == [
        f"{image.source}: its modules are for 6.1.0-1, but {kernel} is 6.1.0-2"
    ]
    kernel.write_bytes(arm64_image() + b"\0Linux version 6.1.0-3-arm64 (x) #1")
    assert check.against_kernel(image, kernel) == [
        f"{image.source}: its modules are for 6.1.0-1, but {kernel} is 6.1.0-3-arm64"
    ]


@pytest.mark.parametrize(
    ("args", "status", "text"),
    [
        pytest.param(
            [], 2, "nothing to check against; --kernel-config, --kernel or --need", id="no"
        ),
        pytest.param(["--boot"], 2, "--boot needs --kernel FILE", id="boot what"),
        pytest.param(["--need", "nvme"], 1, "IMAGE: module nvme is missing", id="problem"),
        pytest.param(["--need", "ext4"], 0, "IMAGE: no problem found", id="fine"),
    ],
)
def test_the_action(image, args, status, text, capsys):
    assert workshop.main(["check", *args, image.source]) == status
    out, err = capsys.readouterr()
    assert text.replace("IMAGE", image.source) in out + err
    assert (out + err).count("\n") == 1


@pytest.mark.vm
def test_by_booting(tmp_path):
    from scripts import fetch_kernel
    from scripts.vmtest import image as images

    kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
    good = contents.open_image(images.built())
    assert check.by_booting(good, kernel, 256) == []
    good.source = str(images.truncated(tmp_path))
    (line,) = check.by_booting(good, kernel, 256)
    assert "did not get to the first command: it ended: Initramfs unpacking failed" in line
