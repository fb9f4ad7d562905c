"""Files of the formats that we read, put together by other means; for tests, disks and fuzzers."""
