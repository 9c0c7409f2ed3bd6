"""What may be asked of the service, a module for each subject. A new module is named in the line below."""

from reentry.service.requests import intake, quality, records, replies, tracing

__all__ = ["intake", "quality", "records", "replies", "tracing"]
