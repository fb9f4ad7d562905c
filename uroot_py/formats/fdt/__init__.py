"""Flattened device trees (Devicetree Specification 0.4): read, change, print, compare."""
