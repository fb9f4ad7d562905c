"""iPXE's scripts: what they would load, and the menus that they would show."""
