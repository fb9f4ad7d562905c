"""Block devices, partitions, file systems and mounts of this machine."""
