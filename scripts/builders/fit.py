"""FIT images, made by U-Boot's mkimage."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

HASHES = '\t\t\thash-1 { algo = "sha256"; };\n'


def image(name: str, file: str, words: str, hashes: str = HASHES) -> str:
    """A part: WORDS are further properties."""
    return f'\t\t{name} {{ data = /incbin/("{file}"); {words}\n{hashes}\t\t}};\n'


def kernel(name: str, file: str, compression: str = "none", hashes: str = HASHES) -> str:
    """A kernel at address 0."""
    words = 'type = "kernel"; arch = "arm64"; os = "linux"; load = <0>; entry = <0>; '
    return image(name, file, f'{words}compression = "{compression}";', hashes)


def tree(name: str, file: str, hashes: str = HASHES) -> str:
    """A device tree."""
    words = 'type = "flat_dt"; arch = "arm64"; compression = "none";'
    return image(name, file, words, hashes)


def ramdisk(name: str, file: str, hashes: str = HASHES) -> str:
    """An initrd."""
    words = 'type = "ramdisk"; arch = "arm64"; os = "linux"; compression = "none";'
    return image(name, file, words, hashes)


def mkimage(
    folder: Path,
    images: str,
    configurations: str,
    files: Mapping[str, bytes | Path],
    options: tuple[str, ...] = (),
) -> bytes:
    """The image that mkimage makes in FOLDER; OPTIONS are its own."""
    for name, content in files.items():
        (folder / name).unlink(missing_ok=True)
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).symlink_to(content)
    text = f"""/dts-v1/;
/ {{ description = "test"; #address-cells = <1>;
\timages {{
{images}\t}};
\tconfigurations {{
{configurations}\t}};
}};
"""
    (folder / "image.its").write_text(text)
    words = ["mkimage", *options, "-f", "image.its", "image.itb"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=120)
    return (folder / "image.itb").read_bytes()
