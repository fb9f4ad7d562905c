# The way into a UEFI payload on x86-64: 64-bit mode with tables of our own, whatever was before.
#
# Entered in 32-bit mode without paging, rbx the address of `start`, below 4 GiB. kexec's identity
# map covers what kexec knows of, which is less than a payload touches, and may have 5 levels, which
# no payload expects. The planner fills the block `params` (class Trampoline in uefi.py).
#
# Ref: Intel SDM volume 3, 9.8.5 (entering IA-32e mode); UEFI 2.10, 2.3.4 (calls: the first argument
# in rcx, 32 bytes of shadow space); AMD64 psABI (rdi), as a payload may take either.

        .intel_syntax noprefix
        .text
        .code32
start:
        jmp     main
        .balign 8, 0
params:
tables:         .quad   0       # PML4
stack:          .quad   0       # its end
parameter:      .quad   0
entry:          .quad   0
gdt:            .quad   0
                .quad   0
                .quad   0x00af9a000000ffff      # 0x10: 64-bit code
                .quad   0x00cf92000000ffff      # 0x18: data
gdt_pointer:    .word   gdt_pointer - gdt - 1
gdt_address:    .long   0       # of gdt, set below
                .balign 8, 0

main:
        cli
        cld
        mov     esp, [ebx + stack - start]
        lea     eax, [ebx + gdt - start]
        mov     [ebx + gdt_address - start], eax
        lgdt    [ebx + gdt_pointer - start]
        mov     eax, 0x620              # CR4: PAE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     eax, [ebx + tables - start]
        mov     cr3, eax
        mov     ecx, 0xc0000080         # EFER: LME
        mov     eax, 0x100
        xor     edx, edx
        wrmsr
        mov     eax, 0x80000033         # CR0: PG, NE, ET, MP, PE
        mov     cr0, eax
        mov     eax, 0x18
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     fs, eax
        mov     gs, eax
        lea     eax, [ebx + long - start]
        push    0x10
        push    eax
        retf

        .code64
long:
        mov     rsp, [rip + stack]
        sub     rsp, 0x20
        mov     rcx, [rip + parameter]
        mov     rdi, rcx
        xor     ebp, ebp
        call    qword ptr [rip + entry]
1:      hlt
        jmp     1b
