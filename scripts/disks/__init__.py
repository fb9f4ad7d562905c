"""What scripts/make_disk.py makes its disks of."""
