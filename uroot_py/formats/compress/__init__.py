"""Compressed data: which kind it is, and unpacking it within limits."""
