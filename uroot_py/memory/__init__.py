"""What lies where in physical memory."""
