"""Data warehouse and reporting for the resettlement and guidance of released prisoners."""
