"""The ACPI tables of a guest: how it finds its interrupt controllers and switches itself off.

Ref: ACPI 6.4, chapter 5.2 (tables), 7.4.2 (the object _S5), 4.8.3 (fixed hardware).
"""

from __future__ import annotations

from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.reader import as_bytes
from uroot_py.vmm.virtio import FIRST_ADDRESS, FIRST_IRQ, STRIDE

RSDP_ADDRESS = 0xE0000
PM1_EVENT_PORT = 0x600
PM1_CONTROL_PORT = 0x604
RESET_PORT = 0xCF9
RESET_VALUE = 6
SCI = 9
# Name (_S5, Package () {5, 0, 0, 0})
_S5 = bytes.fromhex("08 5f53355f 12 07 04 0a05 00 00 00")
_HEADER_SIZE = 36
_IO = 1  # an address in I/O space


class Fadt(Layout, size=276, title="FADT"):
    """The fixed description table, revision 6."""

    dsdt = u32(40)
    sci_int = u16(46)
    pm1a_evt_blk = u32(56)
    pm1a_cnt_blk = u32(64)
    pm1_evt_len = u8(88)
    pm1_cnt_len = u8(89)
    iapc_boot_arch = u16(109)
    flags = u32(112)
    reset_reg = raw(116, 12)
    reset_value = u8(128)
    x_dsdt = u64(140)
    x_pm1a_evt_blk = raw(148, 12)
    x_pm1a_cnt_blk = raw(172, 12)


def _checksummed(data: bytearray, at: int, size: int) -> bytearray:
    data[at] = -sum(data[:size]) & 0xFF
    return data


def _table(signature: bytes, revision: int, body: bytes) -> bytes:
    head = signature + as_bytes(_HEADER_SIZE + len(body), 4) + bytes([revision, 0])
    head += b"UROOT uroot-py" + as_bytes(1, 4) + b"URPY" + as_bytes(1, 4)
    data = bytearray(head.ljust(_HEADER_SIZE, b"\0") + body)
    return bytes(_checksummed(data, 9, len(data)))


def _gas(port: int, bits: int) -> bytes:
    """A generic address: an I/O port."""
    return bytes([_IO, bits, 0, bits // 8]) + as_bytes(port, 8)


def _fadt(dsdt: int) -> bytes:
    fadt = Fadt.new(dsdt=dsdt, x_dsdt=dsdt, sci_int=SCI)
    fadt.pm1a_evt_blk, fadt.pm1_evt_len = PM1_EVENT_PORT, 4
    fadt.pm1a_cnt_blk, fadt.pm1_cnt_len = PM1_CONTROL_PORT, 2
    fadt.x_pm1a_evt_blk = _gas(PM1_EVENT_PORT, 32)
    fadt.x_pm1a_cnt_blk = _gas(PM1_CONTROL_PORT, 16)
    fadt.iapc_boot_arch = 1 | 4  # legacy devices, no VGA; no 8042
    fadt.flags = 1 | 1 << 4 | 1 << 5 | 1 << 10  # WBINVD, no buttons, RESET_REG
    fadt.reset_reg, fadt.reset_value = _gas(RESET_PORT, 8), RESET_VALUE
    return _table(b"FACP", 6, bytes(fadt)[_HEADER_SIZE:])


def _madt(cpus: int) -> bytes:
    body = as_bytes(0xFEE00000, 4) + as_bytes(1, 4)
    for cpu in range(cpus):
        body += bytes([0, 8, cpu, cpu, 1, 0, 0, 0])
    body += bytes([1, 12, 0, 0]) + as_bytes(0xFEC00000, 4) + bytes(4)
    for source, line, flags in ((0, 2, 0), (SCI, SCI, 0xD)):  # ISA interrupts that are not as ISA
        body += bytes([2, 10, 0, source, line, 0, 0, 0, flags, 0])
    return _table(b"APIC", 5, body)


def _package(code: bytes, body: bytes) -> bytes:
    """CODE with the length of BODY. Ref: ACPI 6.4, 20.2.4 (package length)."""
    size = len(body) + 2
    return code + bytes([0x40 | size & 15, size >> 4]) + body


def _device(number: int) -> bytes:
    """A virtio-mmio device: Linux knows it by the name LNRO0005.

    Ref: ACPI 6.4, 6.4.3.4 (Memory32Fixed), 6.4.3.6 (Interrupt), 19.6.29 (Device).
    """
    place = as_bytes(FIRST_ADDRESS + number * STRIDE, 4) + as_bytes(STRIDE, 4)
    irq = as_bytes(FIRST_IRQ + number, 4)  # level, high, its own
    found = b"\x86\x09\0\1" + place + b"\x89\x06\0\1\1" + irq + b"\x79\0"
    body = b"\x08_HID\x0dLNRO0005\0" + b"\x08_UID\x0a" + bytes([number])
    body += b"\x08_CRS" + _package(b"\x11", b"\x0a" + bytes([len(found)]) + found)
    return _package(b"\x5b\x82", b"VIO%d" % number + body)


def build(cpus: int, devices: int = 0) -> bytes:
    """The tables of a machine with CPUS processors and virtio DEVICES, for RSDP_ADDRESS."""
    start = RSDP_ADDRESS + 64
    found = b"".join(map(_device, range(devices)))
    dsdt = _table(b"DSDT", 2, _S5 + (_package(b"\x10", b"\\_SB_" + found) if found else b""))
    blob, places = b"", []
    for table in (dsdt, _fadt(start), _madt(cpus)):
        places.append(start + len(blob))
        blob += table + bytes(-len(table) % 16)
    xsdt = _table(b"XSDT", 1, b"".join(as_bytes(at, 8) for at in places[1:]))
    rsdp = bytearray(b"RSD PTR \0UROOT \2".ljust(20, b"\0"))
    rsdp += as_bytes(36, 4) + as_bytes(start + len(blob), 8) + bytes(4)
    _checksummed(_checksummed(rsdp, 8, 20), 32, 36)
    return bytes(rsdp).ljust(64, b"\0") + blob + xsdt
