"""This machine as it is: its kernel command line, its modules, its devices."""
