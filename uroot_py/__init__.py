"""The libraries of uroot-py: they never read argv, never print and never exit."""

VERSION = "0.1.0"
