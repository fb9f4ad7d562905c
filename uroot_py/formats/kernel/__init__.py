"""Kernels and what comes with them: images, headers, command lines, initrds, module lists."""
