	.section .uroot, "a"
	.balign 16
	.globl uroot_blob
uroot_blob:
	.incbin "lib.img"
	.section .note.GNU-stack, "", %progbits
