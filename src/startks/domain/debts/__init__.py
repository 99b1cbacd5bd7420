"""Debts that came with a town, by month of origin."""
