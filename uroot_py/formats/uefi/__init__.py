"""UEFI: firmware volumes, hand-off blocks, variables, device paths."""
