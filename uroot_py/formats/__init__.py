"""What bytes mean. Pure: bytes in, values out."""
