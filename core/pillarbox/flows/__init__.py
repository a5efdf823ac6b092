"""Wizards as typed state machines, without widgets."""
