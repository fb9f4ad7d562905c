here in 31220 a 31220
