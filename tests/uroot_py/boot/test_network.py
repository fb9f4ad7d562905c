"""`boot --net` against real servers: dnsmasq and nginx in network namespaces of their own."""

import re

import pytest

from scripts.builders import kernels
from tests.support.authority import Authority
from tests.support.namespace import in_namespace

# v0 is ours, v1 the server's, in the name space `srv` enters.
START = """
mount -t tmpfs none /mnt; cd /mnt; mkdir -p www/pxelinux.cfg log; touch resolv.conf leases
mount --bind resolv.conf /etc/resolv.conf
echo "$WORDS" > words; mount --bind words /proc/cmdline
other() {
    unshare -n sleep 1000 > /dev/null 2>&1 & p=$!; pids="$pids $p"
    until [ "$(readlink /proc/$p/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
}
other; s=$p
touch log/none.pid; trap 'kill $pids $(cat log/*.pid)' EXIT
srv() { nsenter -t $s -n "$@"; }
ip link set lo up; srv ip link set lo up
ip link add v0 type veth peer name v1 netns $s
srv sysctl -q net.ipv6.conf.all.accept_dad=0
srv ip link set v1 up
masq() {  # NAME OPTION...: dnsmasq with a log and a process of its own
    name=$1; shift
    srv dnsmasq -C /dev/null -p 0 -u root --log-dhcp --no-ping --dhcp-leasefile=/mnt/leases.$name \
        --pid-file=/mnt/log/$name.pid --log-facility=/mnt/log/$name "$@" > log/said 2>&1
    until [ -s log/$name.pid ]; do sleep 0.05; done
}
web() {  # nginx for www on port 80
    printf '%s\n' 'pid /mnt/log/nginx.pid; error_log /mnt/log/error; events {}' \
        'http { access_log /mnt/log/access; server {' \
        'listen 80; listen [::]:80; root /mnt/www; } }' \
        > nginx.conf
    srv nginx -c /mnt/nginx.conf > log/said 2>&1
    until [ -s log/nginx.pid ]; do sleep 0.05; done
}
cat > www/pxelinux.cfg/default <<END
DEFAULT one
TIMEOUT 50
LABEL one
    MENU LABEL The first
    KERNEL vmlinuz
    INITRD initrd
    APPEND quiet
    IPAPPEND 3
LABEL two
    KERNEL gone
END
printf '\\377\\0\\1\\2' > www/pxelinux.0
printf 'not empty' > www/initrd
"""
FOUR = "srv ip addr add 10.7.0.1/24 dev v1;"
POOL = "--interface=v1 --dhcp-range=10.7.0.20,10.7.0.30,255.255.255.0,1h"
WAITED = re.compile(r"(boot: waiting for the network( \([^)]*\))?\n)?")
TFTP = "--enable-tftp --tftp-root=/mnt/www"


def kernel(tmp_path):
    path = tmp_path / "vmlinuz"
    path.write_bytes(kernels.bzimage(b"\x90" * 70_000))
    return f"cp {path} www/vmlinuz;"


def run(tmp_path, script, words="uroot.net=wait=12"):
    done = in_namespace(f"WORDS='{words}'; {START} {kernel(tmp_path)} {script}", "--net")
    return done.stdout.splitlines(), done.stderr


@pytest.mark.host
def test_pxelinux_by_tftp(tmp_path):
    lines, errors = run(
        tmp_path,
        f"{FOUR} masq dhcp {POOL} --dhcp-boot=pxelinux.0 {TFTP};"
        "uroot boot --net --list || true; uroot boot --net --dry-run | head -5;"
        "grep -c DHCPRELEASE log/dhcp; ip -o -4 addr show dev v0",
    )
    assert WAITED.fullmatch(errors)
    assert re.fullmatch(r"  1 \* The first +tftp://10\.7\.0\.1/pxelinux\.0", lines[0])
    assert lines[2] == "      kernel /gone is missing"
    assert lines[3] == "entry    The first"
    assert lines[5] == "kernel   (device=tftp,10.7.0.1)/vmlinuz"
    assert re.fullmatch(
        r"cmdline  quiet ip=10\.7\.0\.\d+:10\.7\.0\.1:10\.7\.0\.1:255\.255\.255\.0"
        r" BOOTIF=01(-[0-9a-f]{2}){6}.*",
        lines[7],
    )
    assert lines[8:] == ["2"]  # both leases were given back, and the address is gone


@pytest.mark.host
def test_pxelinux_by_http(tmp_path):
    lines, errors = run(
        tmp_path,
        f"{FOUR} masq dhcp {POOL} --dhcp-boot=http://10.7.0.1/pxelinux.0; web;"
        "uroot boot --net --list || true; grep -c pxelinux.cfg log/access",
    )
    assert errors == ""
    assert re.fullmatch(r"  1 \* The first +http://10\.7\.0\.1/pxelinux\.0", lines[0])
    assert int(lines[-1]) == 10  # the MAC, eight beginnings of the address, default


@pytest.mark.host
def test_a_kernel_by_ipv6_only(tmp_path):
    lines, errors = run(
        tmp_path,
        "srv ip addr add fd07::1/64 dev v1; masq dhcp --interface=v1 --enable-ra"
        " --dhcp-range=fd07::20,fd07::30,64,1h --dhcp-option=option6:59,http://[fd07::1]/vmlinuz"
        " --dhcp-option=option6:dns-server,[fd07::1];"
        "web; uroot boot --net --explain || true; cat resolv.conf",
        "uroot.net=wait=3",
    )
    assert errors == ""
    assert any(
        re.fullmatch(r"  1 \* vmlinuz +http://\[fd07::1\]/vmlinuz", line) for line in lines
    ), lines
    assert "nameserver fd07::1" in lines
    assert any("fault: v0: no lease after 3 s: nobody answered" in line for line in lines)


@pytest.mark.host
def test_a_boot_server_beside_another_dhcp_server(tmp_path):
    lines, errors = run(
        tmp_path,
        # A bridge in the servers' name space, and the second server in one of its own.
        "ip link set v0 down; srv ip link add br0 type bridge; srv ip link set br0 up;"
        "srv ip link set v1 master br0; srv ip addr add 10.7.0.1/24 dev br0;"
        f"masq dhcp {POOL.replace('v1', 'br0')};"
        "first=$s; other; s=$p; srv ip link set lo up;"
        "nsenter -t $first -n ip link add w0 type veth peer name w1 netns $s;"
        "nsenter -t $first -n ip link set w0 up master br0;"
        "srv ip link set w1 up; srv ip addr add 10.7.0.2/24 dev w1;"
        "masq proxy --interface=w1 --dhcp-range=10.7.0.0,proxy"
        f" --pxe-service=x86PC,Ours,pxelinux {TFTP};"
        "uroot boot --net --explain || true",
    )
    assert errors == ""
    assert any(
        re.fullmatch(r"  1 \* The first +tftp://10\.7\.0\.2/pxelinux\.0", line) for line in lines
    ), lines
    assert any(re.match(r"v0: 10\.7\.0\.\d+/24 by dhcp from 10\.7\.0\.1", line) for line in lines)
    assert "v0: 10.7.0.2 port 4011:" in lines


@pytest.mark.host
def test_two_cards_of_which_one_has_no_link(tmp_path):
    lines, errors = run(
        tmp_path,
        "ip link add w0 type veth peer name w1;"  # w1 stays down
        f"{FOUR} masq dhcp {POOL} --dhcp-boot=pxelinux.0 {TFTP};"
        "uroot boot --net --explain || true",
        "ip=v0:dhcp ip=w0:dhcp vlan=vlan7:none",
    )
    assert errors == ""
    assert any(line.startswith("v0: 10.7.0.") for line in lines), lines
    assert any(line.startswith("fault: vlan=vlan7:none: netlink none: ENODEV") for line in lines)
    assert "fault: w0: no link after 5 s" in lines
    assert any(line.startswith("  1 * The first ") for line in lines)


@pytest.mark.host
def test_a_fixed_address_and_a_url(tmp_path):
    lines, errors = run(
        tmp_path,
        f"{FOUR} web; uroot boot --url http://10.7.0.1/vmlinuz --list;"
        "uroot boot --url http://10.7.0.1/gone --explain || true",
        "ip=10.7.0.9::10.7.0.1:255.255.255.0::v0:none",
    )
    assert errors == ""
    assert lines[0].split() == ["1", "*", "vmlinuz", "http://10.7.0.1/vmlinuz"]
    assert lines[-2:] == ["fault: http://10.7.0.1/gone: nothing is there", "nothing to boot"]


@pytest.mark.host
def test_nobody_is_there(tmp_path):
    lines, errors = run(
        tmp_path, "uroot boot --net --explain || echo status $?", "ip=v0:dhcp uroot.net=wait=2"
    )
    assert errors == ""
    assert lines == [
        (
            "fault: v0: no lease after 2 s: nobody answered; is the cable in the right network?"
            " ip addr add ADDRESS/LENGTH dev v0 sets an address by hand"
        ),
        "nothing to boot",
        "status 1",
    ]


@pytest.mark.host
def test_a_boot_file_by_dhcpv6_of_which_no_router_speaks(tmp_path):
    lines, errors = run(
        tmp_path,
        "printf 'interface v1 { AdvSendAdvert on; MaxRtrAdvInterval 4; MinRtrAdvInterval 3;"
        " prefix fd07::/64 {}; };' > radvd.conf;"
        "srv ip addr add fd07::1/64 dev v1; srv sysctl -q net.ipv6.conf.all.forwarding=1;"
        "srv radvd -C radvd.conf -p /mnt/log/radvd.pid -m stderr -u root 2> log/said;"
        "masq dhcp --interface=v1 --dhcp-range=fd07::20,fd07::30,64,1h"
        " --dhcp-option=option6:59,http://[fd07::1]/vmlinuz; web;"
        "uroot boot --net --explain || true",
        "ip=v0:auto6",
    )
    assert errors == ""
    assert any(
        re.fullmatch(r"  1 \* vmlinuz +http://\[fd07::1\]/vmlinuz", line) for line in lines
    ), lines
    assert "v0: DHCPv6: no addresses, boot file http://[fd07::1]/vmlinuz" in lines


SECURE = """
cat > tls.conf <<END
pid /mnt/log/tls.pid; error_log /mnt/log/error; events {}
http { access_log /mnt/log/access; server { listen 443 ssl; root /mnt/www;
 location /file { return 302 file:///etc/passwd; }
 location /plain { return 302 http://10.7.0.1/boot.ipxe; }
 ssl_certificate FOLDER/server.crt; ssl_certificate_key FOLDER/key; } }
END
srv nginx -c /mnt/tls.conf > log/said 2>&1; until [ -s log/tls.pid ]; do sleep 0.05; done
mkdir www/below
printf '#!ipxe\\nchain below/next.ipxe\\n' > www/boot.ipxe
printf '#!ipxe\\nkernel ../vmlinuz quiet\\ninitrd ../initrd\\nboot\\n' > www/below/next.ipxe
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("ca"))
    made.sign("server", "IP:10.7.0.1")
    made.sign("expired", "IP:10.7.0.1", start="20200101000000Z", end="20210101000000Z")
    made.sign("names", "DNS:elsewhere")
    return made


def secure(tmp_path, authority, script, words, certificate="server"):
    """The run of SCRIPT beside a server of https with that CERTIFICATE."""
    server = SECURE.replace("FOLDER", str(authority.folder)).replace(
        "server.crt", f"{certificate}.crt"
    )
    return run(tmp_path, f"{FOUR} {server} {script}", f"{FIXED} {words}")


FIXED = "ip=10.7.0.9::10.7.0.1:255.255.255.0::v0:none"


@pytest.mark.host
def test_a_script_by_https(tmp_path, authority):
    lines, errors = secure(
        tmp_path,
        authority,
        "uroot boot --url https://10.7.0.1/boot.ipxe --list;"
        "uroot boot --url https://10.7.0.1/boot.ipxe --dry-run | head -3",
        f"uroot.net=ca={authority.folder}/ca.crt",
    )
    assert WAITED.fullmatch(errors)
    assert re.fullmatch(r"  1 \* .* https://10\.7\.0\.1/boot\.ipxe", lines[0]), lines
    assert "kernel   (device=https,10.7.0.1)/vmlinuz" in lines


UNBELIEVED = {
    "nobody": ("", "server", "boot.ipxe", "nobody is trusted here"),
    "another CA": ("ca=FOLDER/other.crt", "server", "boot.ipxe", "from a CA that is not trusted"),
    "no such file": ("ca=/gone", "server", "boot.ipxe", "uroot.net=ca=/gone: No such file"),
    "expired": ("ca=FOLDER/ca.crt", "expired", "boot.ipxe", "its certificate has expired"),
    "other names": ("ca=FOLDER/ca.crt", "names", "boot.ipxe", "its certificate is for other"),
    "pin": ("pin=" + "ab" * 32, "server", "boot.ipxe", "expected SHA-256 abab"),
    "404": ("ca=FOLDER/ca.crt", "server", "gone", "nothing is there"),
    "to a file": (
        "ca=FOLDER/ca.crt",
        "server",
        "file",
        "it points to file:///etc/passwd, which is",
    ),
    "to http": (
        "ca=FOLDER/ca.crt",
        "server",
        "plain",
        "it points to http://10.7.0.1/boot.ipxe, which",
    ),
}


@pytest.mark.parametrize(
    ("words", "certificate", "path", "text"), UNBELIEVED.values(), ids=UNBELIEVED
)
@pytest.mark.host
def test_https_refused(tmp_path, authority, words, certificate, path, text):
    said = f"uroot.net={words}".replace("FOLDER", str(authority.folder)) if words else ""
    lines, errors = secure(
        tmp_path,
        authority,
        f"uroot boot --url https://10.7.0.1/{path} --explain || true",
        said,
        certificate,
    )
    faults = [line for line in lines if line.startswith("fault: ")]
    assert errors == ""
    assert len(faults) == 1, lines
    assert text in faults[0]
