"""Checks: what could spoil the result, found in the data before any training; one file each."""
