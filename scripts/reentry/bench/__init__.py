"""Benchmarks: ratios within one run, on feeds made for it."""

from reentry.bench.run import bench

__all__ = ["bench"]
