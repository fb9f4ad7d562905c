"""struct boot_params, the zero page: what a boot loader tells an x86 kernel.

The setup header lies at the same offsets in a bzImage and in the zero page, so one declaration
serves both. Ref: Documentation/arch/x86/boot.rst, zero-page.rst;
arch/x86/include/uapi/asm/bootparam.h (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64

E820_MAX_ENTRIES_ZEROPAGE = 128
E820_TABLE_OFFSET = 0x2D0

LOADED_HIGH = 0x01
CAN_USE_HEAP = 0x80
XLF_KERNEL_64 = 0x01
XLF_CAN_BE_LOADED_ABOVE_4G = 0x02
XLF_5LEVEL = 0x20
XLF_5LEVEL_ENABLED = 0x40

SETUP_E820_EXT = 1
SETUP_DTB = 2
SETUP_EFI = 4


class BootParams(Layout, size=4096, title="boot_params"):
    """The whole page; the setup header is 0x1f1 and following."""

    screen_info = raw(0x000, 0x40)
    apm_bios_info = raw(0x040, 0x14)
    tboot_addr = u64(0x058)
    ist_info = raw(0x060, 0x10)
    acpi_rsdp_addr = u64(0x070)
    hd_info = raw(0x080, 0x20)
    ext_ramdisk_image = u32(0x0C0)
    ext_ramdisk_size = u32(0x0C4)
    ext_cmd_line_ptr = u32(0x0C8)
    edid_info = raw(0x140, 0x80)
    efi_loader_signature = raw(0x1C0, 4)
    efi_systab = u32(0x1C4)
    efi_memdesc_size = u32(0x1C8)
    efi_memdesc_version = u32(0x1CC)
    efi_memmap = u32(0x1D0)
    efi_memmap_size = u32(0x1D4)
    efi_systab_hi = u32(0x1D8)
    efi_memmap_hi = u32(0x1DC)
    alt_mem_k = u32(0x1E0)
    e820_entries = u8(0x1E8)
    eddbuf_entries = u8(0x1E9)
    edd_mbr_sig_buf_entries = u8(0x1EA)
    secure_boot = u8(0x1EC)
    sentinel = u8(0x1EF)

    setup_sects = u8(0x1F1)
    root_flags = u16(0x1F2)
    syssize = u32(0x1F4)
    vid_mode = u16(0x1FA)
    root_dev = u16(0x1FC)
    boot_flag = u16(0x1FE)
    jump = u16(0x200)
    header = raw(0x202, 4)
    version = u16(0x206)
    kernel_version = u16(0x20E)
    type_of_loader = u8(0x210)
    loadflags = u8(0x211)
    code32_start = u32(0x214)
    ramdisk_image = u32(0x218)
    ramdisk_size = u32(0x21C)
    heap_end_ptr = u16(0x224)
    cmd_line_ptr = u32(0x228)
    initrd_addr_max = u32(0x22C)
    kernel_alignment = u32(0x230)
    relocatable_kernel = u8(0x234)
    min_alignment = u8(0x235)
    xloadflags = u16(0x236)
    cmdline_size = u32(0x238)
    hardware_subarch = u32(0x23C)
    hardware_subarch_data = u64(0x240)
    payload_offset = u32(0x248)
    payload_length = u32(0x24C)
    setup_data = u64(0x250)
    pref_address = u64(0x258)
    init_size = u32(0x260)
    handover_offset = u32(0x264)
    kernel_info_offset = u32(0x268)

    edd_mbr_sig_buffer = raw(0x290, 0x40)
    e820_table = raw(E820_TABLE_OFFSET, 20 * E820_MAX_ENTRIES_ZEROPAGE)
    eddbuf = raw(0xD00, 0x1EC)


def header_for_vmlinux(*, has_64: bool) -> BootParams:
    """The setup header that a vmlinux does not have, as that of its bzImage would be."""
    header = BootParams.new(header=b"HdrS", version=0x20F, boot_flag=0xAA55)
    header.loadflags = LOADED_HIGH
    header.initrd_addr_max = 0x7FFFFFFF
    header.cmdline_size = 2047
    header.kernel_alignment = 0x200000
    if has_64:
        header.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G
    return header
