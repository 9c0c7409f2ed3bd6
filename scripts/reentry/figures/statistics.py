"""Intervals and the test on a change of rates, as METRICS asks for them."""

from __future__ import annotations

from functools import cache

from scipy.special import chdtri, ndtri


def wilson_interval(events: int, persons: int) -> tuple[float, float] | None:
    """Wilson score interval, 95 %, of ``events / persons``; None when nobody is at risk. Source: Wilson (1927)."""
    if persons == 0:
        return None
    z = float(ndtri(0.975))
    share, square = events / persons, z * z
    centre = share + square / (2 * persons)
    half = z * ((share * (1 - share) + square / (4 * persons)) / persons) ** 0.5
    scale = 1 + square / persons
    low = 0.0 if events == 0 else (centre - half) / scale
    return low, 1.0 if events == persons else (centre + half) / scale


def poisson_interval(events: int, exposure: float) -> tuple[float, float] | None:
    """Exact Poisson interval, 95 %, of ``events / exposure``; None without exposure. Source: Garwood (1936)."""
    if exposure == 0:
        return None
    low = 0.0 if events == 0 else float(chdtri(2 * events, 0.975)) / 2
    high = float(chdtri(2 * (events + 1), 0.025)) / 2
    return low / exposure, high / exposure


@cache
def conditional_binomial_p(now: int, before: int, at_risk_now: int, at_risk_before: int) -> float | None:
    """Two-sided exact p that two rates are equal, given the sum of their events.

    The probability, under binomial(now + before, at_risk_now / (at_risk_now + at_risk_before)), of all outcomes no
    likelier than the one seen. Weights are whole numbers, so ties are exact. None when nobody is at risk at all.
    """
    if at_risk_now + at_risk_before == 0:
        return None
    trials = now + before
    weights = []
    choose = 1
    powers_before = [1]
    for _ in range(trials):
        powers_before.append(powers_before[-1] * at_risk_before)
    power_now = 1
    for k in range(trials + 1):
        weights.append(choose * power_now * powers_before[trials - k])
        choose = choose * (trials - k) // (k + 1)
        power_now *= at_risk_now
    seen = weights[now]
    unlikely = sum(weight for weight in weights if weight <= seen)
    return unlikely / sum(weights)
