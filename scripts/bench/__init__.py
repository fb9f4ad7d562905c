"""Measuring; `make bench` runs all of it."""
