"""Replies to deputies: letters as data, packs of figures that are frozen, rebuilt and compared."""
