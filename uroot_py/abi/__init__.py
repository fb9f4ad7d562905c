"""The only door to Linux: thin named functions; constants keep the kernel's names."""
