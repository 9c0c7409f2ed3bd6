"""What goes wrong in one file: all kinds of dirt, in an order in which none hides another."""

from __future__ import annotations

from reentry.demo.dirt_cells import plant_cells
from reentry.demo.dirt_ids import plant_ids, plant_names
from reentry.demo.dirt_odd import plant_odd
from reentry.demo.dirt_rows import plant_rows
from reentry.demo.dirt_shape import plant_shape
from reentry.demo.quirks import plant_quirks
from reentry.demo.scene import Work


def soil(work: Work) -> None:
    """Plants dirt in the draft; a row that one kind has touched is left alone by the others."""
    plant_ids(work)
    plant_names(work)
    plant_rows(work)
    plant_quirks(work)
    plant_shape(work)
    plant_cells(work)
    plant_odd(work)
