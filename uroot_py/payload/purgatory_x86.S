# What runs between two kernels on x86-64: checks the next one, then enters it.
#
# kexec_load jumps to `start` in 64-bit mode with memory mapped one to one, interrupts off, at
# whatever page the planner chose; so all of this is position independent. The planner fills the
# block `params` (class Purgatory in purgatory.py). The stack grows down from STACK_END, behind
# these bytes. 32-bit entries need a place below 4 GiB, 16-bit ones a place below 640 KiB.
#
# Assembled bytes are kept in purgatory.py; tests/uroot_py/payload/test_purgatory.py assembles this
# file and compares.
# Ref: FIPS 180-4, 6.2 (SHA-256); Intel SDM volume 3, 9.8.5.4 and 9.9.2 (leaving IA-32e and
# protected mode); Documentation/arch/x86/boot.rst; PC16550D and 8259A data sheets.

        .intel_syntax noprefix
        .set    STACK_END, 0x2000
        .set    LSR_EMPTY, 0x20

        .text
        .code64
start:
        jmp     main
        .balign 8, 0            # with a byte of our own: assemblers differ in their nops
params:
entry:          .quad   0       # 64/32-bit: address; 16-bit: segment << 16 | offset
mode:           .long   0       # 64, 32 or 16
region_count:   .long   0       # 0: nothing is checked
serial_port:    .word   0       # 0: silent
serial_divisor: .word   0       # 0: the line's speed stays
vga:            .long   0       # not 0: messages go to the text screen, too
registers:      .fill   7, 8, 0 # rax rbx rcx rdx rsi rdi rbp
without_disks:  .quad   0       # not 0: a BIOS says that it has none
digest:         .fill   32, 1, 0
regions:        .fill   32, 8, 0 # 16 pairs of address and size, the sizes multiples of 64

main:
        cli
        cld
        lea     rsp, [rip + start + STACK_END]
        call    serial_setup
        lea     rsi, [rip + hello]
        call    print
        cmp     dword ptr [rip + region_count], 0
        je      enter
        call    check
        je      enter
        lea     rsi, [rip + mismatch]
        call    print
1:      hlt
        jmp     1b

# ---- messages: rsi points to text that ends with a zero byte; rax, rdx, rsi, rdi change

print:
        lodsb
        test    al, al
        jz      2f
        mov     ah, al
        movzx   edx, word ptr [rip + serial_port]
        test    edx, edx
        jz      1f
        add     edx, 5
0:      in      al, dx
        test    al, LSR_EMPTY
        jz      0b
        sub     edx, 5
        mov     al, ah
        out     dx, al
1:      cmp     dword ptr [rip + vga], 0
        je      print
        mov     edi, [rip + vga_position]
        mov     al, ah
        mov     ah, 0x07
        mov     ecx, 0xb80a0            # where the second line begins
        cmp     al, 0x20
        cmovb   edi, ecx
        jb      3f
        stosw
3:      mov     [rip + vga_position], edi
        jmp     print
2:      ret

serial_setup:
        movzx   edx, word ptr [rip + serial_port]
        movzx   ecx, word ptr [rip + serial_divisor]
        test    ecx, ecx
        jz      1f
        add     edx, 3                  # line control: the divisor's bytes replace the data
        mov     al, 0x83
        out     dx, al
        sub     edx, 3
        mov     al, cl
        out     dx, al
        inc     edx
        mov     al, ch
        out     dx, al
        add     edx, 2
        mov     al, 0x03                # 8 bits, no parity
        out     dx, al
1:      ret

# ---- SHA-256 over every region; zero flag: it is `digest`

check:
        sub     rsp, 0x180              # 0: w[64], 0x100: state[8], 0x120: the last block
        lea     rsi, [rip + initial]
        lea     rdi, [rsp + 0x100]
        mov     ecx, 8
        rep     movsd
        lea     r14, [rip + regions]
        mov     r15d, [rip + region_count]
        xor     edx, edx                # bytes so far
1:      mov     rsi, [r14]
        mov     rcx, [r14 + 8]
        add     rdx, rcx
        push    rdx
        shr     rcx, 6
        jz      3f
2:      push    rcx
        call    block
        pop     rcx
        dec     rcx
        jnz     2b
3:      pop     rdx
        add     r14, 16
        dec     r15d
        jnz     1b

        lea     rdi, [rsp + 0x120]
        xor     eax, eax
        mov     ecx, 16
        rep     stosd
        mov     byte ptr [rsp + 0x120], 0x80
        shl     rdx, 3
        bswap   rdx
        mov     [rsp + 0x158], rdx
        lea     rsi, [rsp + 0x120]
        sub     rsp, 16                 # block expects two words between it and w
        call    block
        add     rsp, 16

        lea     rsi, [rsp + 0x100]
        lea     rdi, [rip + digest]
        mov     ecx, 8
4:      lodsd
        bswap   eax
        scasd
        loope   4b
        lea     rsp, [rsp + 0x180]
        ret

# One block at rsi, which moves on. On the stack: return address, two words, w, state.
        .set    W, 24
        .set    STATE, 24 + 0x100
block:
        xor     edi, edi
1:      lodsd
        bswap   eax
        mov     [rsp + rdi * 4 + W], eax
        inc     edi
        cmp     edi, 16
        jne     1b
2:      mov     eax, [rsp + rdi * 4 + W - 15 * 4]
        mov     ebx, eax
        mov     ecx, eax
        ror     eax, 7
        ror     ebx, 18
        shr     ecx, 3
        xor     eax, ebx
        xor     eax, ecx
        mov     edx, [rsp + rdi * 4 + W - 2 * 4]
        mov     ebx, edx
        mov     ecx, edx
        ror     edx, 17
        ror     ebx, 19
        shr     ecx, 10
        xor     edx, ebx
        xor     edx, ecx
        add     eax, edx
        add     eax, [rsp + rdi * 4 + W - 7 * 4]
        add     eax, [rsp + rdi * 4 + W - 16 * 4]
        mov     [rsp + rdi * 4 + W], eax
        inc     edi
        cmp     edi, 64
        jne     2b

        push    rsi
        push    r14
        push    r15
        lea     r15, [rsp + STATE + 24]
        lea     rbp, [rip + constants]
        mov     eax, [r15]
        mov     ebx, [r15 + 4]
        mov     ecx, [r15 + 8]
        mov     edx, [r15 + 12]
        mov     r8d, [r15 + 16]
        mov     r9d, [r15 + 20]
        mov     r10d, [r15 + 24]
        mov     r11d, [r15 + 28]
        xor     edi, edi
3:      mov     r12d, r8d               # T1 = h + S1(e) + Ch(e, f, g) + K + W, into h
        mov     r13d, r8d
        ror     r12d, 6
        ror     r13d, 11
        xor     r12d, r13d
        ror     r13d, 14
        xor     r12d, r13d
        add     r11d, r12d
        mov     r12d, r9d
        xor     r12d, r10d
        and     r12d, r8d
        xor     r12d, r10d
        add     r11d, r12d
        add     r11d, [rbp + rdi * 4]
        add     r11d, [rsp + rdi * 4 + W + 24]
        mov     r12d, eax               # T2 = S0(a) + Maj(a, b, c)
        mov     r13d, eax
        ror     r12d, 2
        ror     r13d, 13
        xor     r12d, r13d
        ror     r13d, 9
        xor     r12d, r13d
        mov     r13d, eax
        mov     r14d, eax
        or      r13d, ebx
        and     r14d, ebx
        and     r13d, ecx
        or      r13d, r14d
        add     r12d, r13d
        add     edx, r11d               # d + T1 becomes e, T1 + T2 becomes a
        add     r12d, r11d
        mov     r11d, r10d
        mov     r10d, r9d
        mov     r9d, r8d
        mov     r8d, edx
        mov     edx, ecx
        mov     ecx, ebx
        mov     ebx, eax
        mov     eax, r12d
        inc     edi
        cmp     edi, 64
        jne     3b
        add     [r15], eax
        add     [r15 + 4], ebx
        add     [r15 + 8], ecx
        add     [r15 + 12], edx
        add     [r15 + 16], r8d
        add     [r15 + 20], r9d
        add     [r15 + 24], r10d
        add     [r15 + 28], r11d
        pop     r15
        pop     r14
        pop     rsi
        ret

# ---- the way into the next kernel

enter:
        mov     edi, [rip + mode]
        cmp     edi, 64
        je      1f
        mov     byte ptr [rip + gdt_code + 6], 0xcf     # 32-bit code
1:      lea     rax, [rip + gdt]
        mov     [rip + gdt_pointer + 2], rax
        lgdt    [rip + gdt_pointer]
        mov     eax, 0x18
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     fs, eax
        mov     gs, eax
        lea     rbx, [rip + start]
        lea     rax, [rip + enter64]
        lea     rcx, [rip + enter32]
        cmp     edi, 64
        cmovne  rax, rcx
        push    0x10
        push    rax
        retfq

enter64:
        mov     rax, [rip + registers]
        mov     rbx, [rip + registers + 8]
        mov     rcx, [rip + registers + 16]
        mov     rdx, [rip + registers + 24]
        mov     rsi, [rip + registers + 32]
        mov     rdi, [rip + registers + 40]
        mov     rbp, [rip + registers + 48]
        jmp     qword ptr [rip + entry]

        .code32
enter32:                                # ebx: address of start, edi: mode
        mov     eax, cr0
        and     eax, 0x7fffffff         # paging off: this leaves 64-bit mode
        mov     cr0, eax
        mov     ecx, 0xc0000080         # EFER: neither long mode nor anything else
        xor     eax, eax
        xor     edx, edx
        wrmsr
        mov     cr4, eax
        cmp     edi, 16
        je      leave32
        push    dword ptr [ebx + entry - start]
        mov     eax, [ebx + registers - start]
        mov     ecx, [ebx + registers - start + 16]
        mov     edx, [ebx + registers - start + 24]
        mov     esi, [ebx + registers - start + 32]
        mov     edi, [ebx + registers - start + 40]
        mov     ebp, [ebx + registers - start + 48]
        mov     ebx, [ebx + registers - start + 8]
        ret

# The interrupt controllers, the timer and the screen as a BIOS expects them, then real mode.
leave32:
        lea     esi, [ebx + legacy - start]
        mov     ecx, (legacy_end - legacy) / 2
        xor     edx, edx
1:      lodsb
        mov     dl, al
        lodsb
        out     dx, al
        out     0x80, al                # a moment for old chips
        dec     ecx
        jnz     1b
        mov     eax, ebx
        mov     [ebx + gdt_code16 - start + 2], ax
        shr     eax, 4
        mov     [ebx + real_segment - start], ax
        shr     eax, 12
        mov     [ebx + gdt_code16 - start + 4], al
        mov     eax, 0x28
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     fs, eax
        mov     gs, eax
        jmp     0x20:(enter16 - start)

        .code16
enter16:
        lidt    cs:[real_idt - start]
        mov     eax, cr0
        and     al, 0xfe
        mov     cr0, eax
        .byte   0xea                    # far jump that reloads cs
        .word   real - start
real_segment:
        .word   0
real:
        mov     ax, cs
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, STACK_END
        mov     ax, 0x0003              # the BIOS's text screen: Linux may have left a graphical one
        int     0x10
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        cmp     word ptr [without_disks - start], 0
        je      1f
        xor     ax, ax                  # int 0x13 becomes: sti; mov ah, 1; stc; retf 2
        mov     es, ax
        mov     dword ptr es:[0x4f0], 0xf901b4fb
        mov     dword ptr es:[0x4f4], 0x000002ca
        mov     dword ptr es:[0x13 * 4], 0x000004f0
        mov     byte ptr es:[0x475], 0  # how many there are
1:      mov     dx, [registers - start + 24]
        mov     ax, [registers - start + 8]
        mov     cx, [registers - start + 16]
        mov     ss, ax
        movzx   esp, cx
        push    dword ptr [entry - start]
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        retf

# ---- data

        .balign 8, 0
gdt:            .quad   0
                .quad   0
gdt_code:       .quad   0x00af9a000000ffff      # 0x10: __BOOT_CS
                .quad   0x00cf92000000ffff      # 0x18: __BOOT_DS
gdt_code16:     .quad   0x00009a000000ffff      # 0x20: 16-bit code, its base is set above
                .quad   0x000092000000ffff      # 0x28: 16-bit data
gdt_end:
gdt_pointer:    .word   gdt_end - gdt - 1
                .quad   0
real_idt:       .word   0x3ff
                .long   0
vga_position:   .long   0xb8000

legacy:         # pairs of port and byte: both 8259A to vectors 0x08 and 0x70, 8254 at 18.2 Hz
        .byte   0x20, 0x11, 0xa0, 0x11, 0x21, 0x08, 0xa1, 0x70, 0x21, 0x04, 0xa1, 0x02
        .byte   0x21, 0x01, 0xa1, 0x01, 0x21, 0xb8, 0xa1, 0x8f
        .byte   0x43, 0x36, 0x40, 0x00, 0x40, 0x00
legacy_end:

        .balign 4, 0
initial:
        .long   0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a
        .long   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
constants:
        .long   0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5
        .long   0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        .long   0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3
        .long   0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        .long   0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc
        .long   0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        .long   0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7
        .long   0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        .long   0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13
        .long   0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        .long   0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3
        .long   0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        .long   0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5
        .long   0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        .long   0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208
        .long   0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
hello:          .asciz  "purgatory: checking the next kernel\n\r"
mismatch:       .asciz  "purgatory: SHA-256 of what was loaded does not match; halted\n\r"
