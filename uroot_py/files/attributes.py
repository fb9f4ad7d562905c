"""Extended attributes of files: SELinux's labels, capabilities, ACLs. Ref: xattr(7)."""

from __future__ import annotations

import os


def copy_attributes(source: str, target: str | int) -> None:
    """Give TARGET, a path or a descriptor, the attributes of SOURCE, where both can have some."""
    follow = isinstance(target, int)
    try:
        for name in os.listxattr(source, follow_symlinks=follow):
            value = os.getxattr(source, name, follow_symlinks=follow)
            os.setxattr(target, name, value, follow_symlinks=follow)
    except OSError:
        return  # a file system without them, or one that keeps them for itself
