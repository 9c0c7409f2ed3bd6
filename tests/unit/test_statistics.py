"""Intervals and the test on a change, against scipy's own and against plain definitions."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from reentry.figures.rounding import money, percent, rounded
from reentry.figures.statistics import conditional_binomial_p, poisson_interval, wilson_interval


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(counts: tuple[int, int]) -> None:
    """The score interval without continuity correction."""
    wanted = binomtest(*counts).proportion_ci(0.95, method="wilson")
    assert wilson_interval(*counts) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


@given(st.integers(0, 500), st.floats(0.1, 1e5))
def test_poisson_equals_chi_square(events: int, exposure: float) -> None:
    """Garwood's limits by the chi-square distribution."""
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = chi2.ppf(0.975, 2 * events + 2) / 2
    assert poisson_interval(events, exposure) == pytest.approx((low / exposure, high / exposure), rel=1e-9)


@given(st.integers(0, 25), st.integers(0, 25), st.integers(0, 400), st.integers(0, 400))
def test_binomial_p_equals_the_definition(now: int, before: int, at_risk: int, at_risk_before: int) -> None:
    """The sum of all outcomes no likelier than the one seen, in fractions."""
    p = conditional_binomial_p(now, before, at_risk, at_risk_before)
    if at_risk + at_risk_before == 0:
        assert p is None
        return
    n, share = now + before, Fraction(at_risk, at_risk + at_risk_before)
    likely = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    assert p == pytest.approx(float(sum(x for x in likely if x <= likely[now])), abs=1e-12)


@pytest.mark.parametrize(("now", "before"), [(1900, 2100), (3100, 2900), (2000, 2000), (10, 6000)])
def test_binomial_p_of_thousands(now: int, before: int) -> None:
    """A city's worth of events, as scipy has it; exact weights of so many would take minutes."""
    wanted = binomtest(now, now + before, 0.5).pvalue
    assert conditional_binomial_p(now, before, 900_000, 900_000) == pytest.approx(wanted, rel=1e-9)


def test_nobody_at_risk_has_no_interval() -> None:
    """Null, never 0 or an error; and no events at all are no change."""
    assert wilson_interval(0, 0) is None
    assert poisson_interval(0, 0) is None
    assert conditional_binomial_p(0, 0, 10, 20) == 1


@pytest.mark.parametrize(
    ("value", "places", "wanted"), [("0.5", 0, "1"), ("-0.5", 0, "-1"), ("2.675", 2, "2.68"), ("-55.25", 1, "-55.3")]
)
def test_half_goes_away_from_zero(value: str, places: int, wanted: str) -> None:
    """Decimal arithmetic, as METRICS asks."""
    assert str(rounded(value, places)) == wanted


def test_printed_numbers() -> None:
    """Percent with one decimal and a true minus sign, yuan with two; a dash for none."""
    assert percent(-0.5528) == "−55.3%"
    assert percent(0.25, signed=True) == "+25.0%"
    assert percent(None) == "—"
    assert money("3280") == "3280.00"
