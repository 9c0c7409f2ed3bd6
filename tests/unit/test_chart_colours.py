"""Colours of a chart can be told apart by everyone: with any colour blindness, and printed in black and white."""

from __future__ import annotations

from itertools import combinations

import pytest
import yaml

from reentry.project import DASHBOARDS

Colour = tuple[float, float, float]
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
BLINDNESS: dict[str, tuple[Colour, Colour, Colour]] = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
CHARTS = [
    (path.relative_to(DASHBOARDS).as_posix(), said)
    for path in sorted((DASHBOARDS / "charts").rglob("*.yaml"))
    for said in [yaml.safe_load(path.read_text(encoding="utf-8")).get("colours", {})]
    if said
]
LEAST_DISTANCE = 20.0  # of CIELAB: two is just seen side by side
LEAST_LIGHTNESS = 15.0  # of 100


@pytest.mark.parametrize(("chart", "colours"), CHARTS, ids=[name for name, _ in CHARTS])
def test_series_can_be_told_apart(chart: str, colours: dict[str, str]) -> None:
    """Each pair of series is far apart in every eye, and in lightness alone."""
    for (one, first), (other, second) in combinations(colours.items(), 2):
        for blindness in BLINDNESS:
            distance = _distance(_seen(first, blindness), _seen(second, blindness))
            assert distance >= LEAST_DISTANCE, f"{chart}: {one}, {other} with {blindness}: {distance:.1f}"
        lightness = abs(_seen(first, "none")[0] - _seen(second, "none")[0])
        assert lightness >= LEAST_LIGHTNESS, f"{chart}: {one}, {other} in black and white: {lightness:.1f}"


def test_the_simulation_knows_colours_that_are_confused() -> None:
    """Red and green of the same lightness: far apart for most, near for the colour-blind; from black to white 100."""
    red, green = "#b5544a", "#6f8f3a"
    assert _distance(_seen(red, "none"), _seen(green, "none")) > 2 * LEAST_DISTANCE
    assert _distance(_seen(red, "deuteranopia"), _seen(green, "deuteranopia")) < LEAST_DISTANCE
    assert _seen("#ffffff", "none")[0] - _seen("#000000", "none")[0] == pytest.approx(100, abs=0.01)


def _seen(colour: str, blindness: str) -> Colour:
    """CIELAB of a colour as an eye sees it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    simulated = [min(1.0, max(0.0, value)) for value in _times(BLINDNESS[blindness], linear)]
    x, y, z = (_root(value / white) for value, white in zip(_times(TO_XYZ, simulated), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _times(matrix: tuple[Colour, Colour, Colour], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116


def _distance(one: Colour, other: Colour) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
