"""Archives: cpio and tar."""
