"""Networks: DHCP, DNS, HTTP, ping; small clients for a machine that has nothing else."""
