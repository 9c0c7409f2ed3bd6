"""Figures of any window, pulled from a published version."""
