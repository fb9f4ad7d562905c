"""Carries out a Plan on this machine."""
