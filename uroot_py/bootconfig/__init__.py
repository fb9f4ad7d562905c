"""What could be booted: each module reads one kind of boot configuration."""
