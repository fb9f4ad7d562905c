"""What stands on a block device: partition tables and superblocks."""
