"""efivar: its own ways."""

from tests.support.applet import run_applet


def test_efivar(tmp_path):
    owner = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
    (tmp_path / f"BootOrder-{owner}").write_bytes(b"\7\0\0\0\1\0\2\0")
    (tmp_path / f"Short-{owner}").write_bytes(b"\7\0")
    top = f"--dir={tmp_path}"
    assert run_applet("efivar", top).out == f"{owner}-BootOrder\n{owner}-Short\n"
    assert run_applet("efivar", top, "-d", "BootOrder").raw == b"\1\0\2\0"
    assert run_applet("efivar", top, f"BootOrder-{owner}").out == (
        f"{owner}-BootOrder\nnon-volatile, boot service access, runtime access\n"
        "00000000  01 00 02 00                                       |....|\n"
    )
    assert run_applet("efivar", top, "Short").err == (
        f"efivar: Short-{owner}: variable at offset 0x0: expected 4 bytes of attributes, found 2\n"
    )
