"""Check: from cells as delivered to typed rows, accepted or quarantined, and to findings."""
