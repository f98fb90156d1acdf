"""Measurements that are shown, never asserted: `make bench`."""
