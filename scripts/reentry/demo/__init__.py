"""The demo: synthetic feeds whose figures come out as in the public letter. All persons are invented."""

from reentry.demo.delivery import Planted
from reentry.demo.make import LETTER_DAY, make_feeds

__all__ = ["LETTER_DAY", "Planted", "make_feeds"]
