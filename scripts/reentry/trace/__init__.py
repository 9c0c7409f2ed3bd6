"""Trace: the rows of the agencies' files behind a figure."""

from reentry.trace.trace import Asked, Trace, open_for_trace, trace, trace_in

__all__ = ["Asked", "Trace", "open_for_trace", "trace", "trace_in"]
