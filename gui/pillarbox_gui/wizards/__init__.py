"""Flows shown step by step."""
