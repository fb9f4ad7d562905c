"""pxe: what a real server offers, explained."""

import pytest

from tests.uroot_py.boot.test_network import FOUR, POOL, TFTP, run


@pytest.mark.host
def test_offers(tmp_path):
    lines, errors = run(
        tmp_path,
        f"{FOUR} masq dhcp {POOL} --dhcp-match=set:web,option:client-arch,16 {TFTP}"
        " --dhcp-boot=tag:web,http://10.7.0.1/x --dhcp-boot=tag:!web,pxelinux.0;"
        "uroot pxe -t 9 v0; echo; uroot pxe --http --raw v0",
    )
    assert errors == ""
    blank = lines.index("")
    assert " 67 boot file     pxelinux.0" in [line.removeprefix("v0: ") for line in lines[:blank]]
    assert "entry: The first" in lines[:blank]
    assert any(line.endswith("boot file http://10.7.0.1/x") for line in lines[blank:])
