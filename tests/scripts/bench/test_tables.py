"""bench/tables: what was measured becomes tables, and they take the place of the older ones."""

from scripts.bench import tables
from scripts.tools import ROOT


def found(scale):
    """What one bare Debian's measuring leaves."""
    measured: tables.Numbers = {
        "versions": {"Python 3.11.2": 0, "QEMU 7.2": 0},
        "image": {"zst": 6_000_000},
    }
    for kind in ("lean core", "host core", "busybox"):
        measured[f"sizes: {kind}"] = {"none": 5.4e6 * scale, "zstd": 1.7e6, "xz": 1.5e6}
        measured[f"memory: {kind}"] = {"zstd": 77.0, "xz": 80.0}
        measured[f"virtual: {kind}"] = {
            "/init starts": 1685.0,
            "prompt": 1771.8,
            "`ls /`": 0.8,
            "`cat /proc/uptime`": 5.6,
            "KiB of process 1": 5572.0,
        }
    return measured


FOUND = {"bookworm": found(1), "trixie": found(2)}


def test_sizes_of_both_with_busybox_once():
    assert tables.part(FOUND, "sizes", "bytes", 0) == (
        "| bytes | Debian 12: lean core | Debian 12: host core | Debian 13: lean core | "
        "Debian 13: host core | busybox |\n"
        "|---|---:|---:|---:|---:|---:|\n"
        "| none | 5,400,000 | 5,400,000 | 10,800,000 | 10,800,000 | 5,400,000 |\n"
        "| zstd | 1,700,000 | 1,700,000 | 1,700,000 | 1,700,000 | 1,700,000 |\n"
        "| xz | 1,500,000 | 1,500,000 | 1,500,000 | 1,500,000 | 1,500,000 |"
    )


def test_what_the_readme_says():
    texts = tables.blocks({"bookworm": found(1)})
    assert texts["versions"] == "Debian 12: Python 3.11.2, QEMU 7.2."
    assert texts["image"] == (
        "`make initramfs` makes an image with the test kernel's modules of "
        "6,000,000 bytes on Debian 12."
    )
    assert texts["costs"].splitlines() == [
        "|  | Debian 12: `--runtime lean` | Debian 12: host (the default) |",
        "|---|---:|---:|",
        *(
            f"| {name} | {cell} | {cell} |"
            for name, cell in (
                ("image", "5.4 MB raw, 1.70 zstd, 1.50 xz"),
                ("kernel's start to the shell's prompt", "1772 ms, of which the kernel 1685"),
                (
                    "an applet from the shell: `ls /`, and `cat`, which needs a fork",
                    "0.8 and 5.6 ms",
                ),
                ("process 1", "5.7 MB"),
                ("least memory to the prompt", "77 MiB"),
            )
        ),
    ]


def test_only_what_stands_between_the_marks_is_replaced():
    text = "a\n<!-- numbers: one -->\nold\nolder\n<!-- end -->\nb <!-- end -->\n"
    assert tables.written(text, {"one": "| new \\1 |", "two": "x"}) == (
        "a\n<!-- numbers: one -->\n| new \\1 |\n<!-- end -->\nb <!-- end -->\n"
    )


def test_every_block_has_its_marks():
    """The command would measure for nothing what no document shows."""
    texts = [(ROOT / name).read_text() for name in ("README.md", "docs/bench.md")]
    for name in tables.blocks(FOUND):
        assert any(f"<!-- numbers: {name} -->\n" in text for text in texts), name
