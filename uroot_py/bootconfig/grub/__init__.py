"""GRUB 2 configurations: ``syntax`` parses, ``shell`` runs, ``menu`` lists what could be booted."""
