"""Lines about text and bytes: see cases.py."""

LINES = """
"""
