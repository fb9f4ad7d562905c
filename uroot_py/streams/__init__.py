"""Bytes that flow: the operands of filters, chunks, lines."""
