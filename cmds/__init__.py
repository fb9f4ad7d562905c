"""The applets: one file each, listed in cmds.table."""
