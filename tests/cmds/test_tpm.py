"""tpm: its own ways."""

from tests.support.applet import run_applet


def test_tpm(tmp_path):
    for bank, number, value in (("sha1", 0, "AB"), ("sha256", 10, "CD"), ("sha256", 7, "EF")):
        (tmp_path / f"tpm0/pcr-{bank}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"tpm0/pcr-{bank}/{number}").write_text(f"{value}\n")
    (tmp_path / "tpm0/tpm_version_major").write_text("2\n")
    top = f"--dir={tmp_path}"
    assert run_applet("tpm", top).out == (
        "tpm0: version 2\nsha1     0 ab\nsha256   7 ef\nsha256  10 cd\n"
    )
    assert run_applet("tpm", top, "7").out == "tpm0: version 2\nsha256   7 ef\n"
    assert run_applet("tpm", top, "x").err.startswith("tpm: expected the numbers of registers; ")
    assert run_applet("tpm", f"--dir={tmp_path}/none").err == (
        "tpm: no TPM; is it switched on in the firmware's setup?\n"
    )
