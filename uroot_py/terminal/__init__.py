"""Menu, line editor and progress for serial lines."""
