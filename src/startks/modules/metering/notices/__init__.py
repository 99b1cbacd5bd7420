"""Reminders that the verification of a meter ends: made by the clock, told in the cabinet, printed, handed over."""
