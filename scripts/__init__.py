"""Hand tools by purpose, and the entry points of `make`; they import nothing of tests/."""
