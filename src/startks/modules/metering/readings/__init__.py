"""Readings entered by people: one by one, by the list of a house, by file; one set of checks for all."""
