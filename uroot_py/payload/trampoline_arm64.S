// What kexec_load jumps to on arm64: the registers of the boot protocol, then the kernel.
// MMU and caches are off. The planner puts the two addresses behind the code.
// Ref: Documentation/arch/arm64/booting.rst, "Call the kernel image".

start:
        ldr     x4, kernel
        ldr     x0, dtb
        mov     x1, xzr
        mov     x2, xzr
        mov     x3, xzr
        br      x4
kernel: .quad   0
dtb:    .quad   0
