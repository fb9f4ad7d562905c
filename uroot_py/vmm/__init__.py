"""Guests on this machine's KVM."""
