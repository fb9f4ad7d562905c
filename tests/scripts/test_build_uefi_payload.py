"""The words and the description that edk2's build gets; tests/vm/uefi.py builds the payloads."""

from scripts.build_uefi_payload import FORMS, described

DESCRIPTION = """\
[LibraryClasses]
  BaseLib|MdePkg/Library/BaseLib/BaseLib.inf
  BlParseLib|UefiPayloadPkg/Library/SblParseLib/SblParseLib.inf

[LibraryClasses]
  FdtLib|MdePkg/Library/BaseFdtLib/BaseFdtLib.inf
"""


def test_the_volume_has_what_debians_patch_of_the_shell_needs_once():
    once = described(DESCRIPTION, FORMS["volume"])
    for name in ("SecureBootVariableLib|", "PlatformPKProtectionLib|"):
        assert once.count(name) == 1
        assert once.index(name) < once.index("BaseLib|")  # in the first section
    assert "SblParseLib" not in once
    assert described(once, FORMS["volume"]) == once


def test_what_an_earlier_build_described_gets_the_libraries_too():
    earlier = DESCRIPTION.replace("SblParseLib", "ConfigParseLib")
    assert described(earlier, FORMS["volume"]) == described(DESCRIPTION, FORMS["volume"])


def test_the_universal_payload_takes_a_device_tree_as_the_planner_gives_one():
    words = FORMS["universal"].words
    at = words.index("gUefiPayloadPkgTokenSpaceGuid.PcdHandOffFdtEnable=TRUE")
    assert words[at - 1] == "-p"
