"""Intervals and the test on a change of rates, as METRICS asks for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

Z_95 = 1.959963984540054  # the normal distribution's 97.5 % point
TAIL = 0.025
STEPS = 100
NEARLY = 1e-9  # weights so near to each other are compared as whole numbers

# No scipy here: its import takes longer than a whole pull.


def wilson_interval(events: int, persons: int) -> tuple[float, float] | None:
    """Wilson score interval, 95 %, of ``events / persons``; None when nobody is at risk. Source: Wilson (1927)."""
    if persons == 0:
        return None
    z = Z_95
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
    low = 0.0 if events == 0 else _mean_where(lambda mean: _above(events - 1, mean) - TAIL, events - 1)
    high = _mean_where(lambda mean: TAIL - _up_to(events, mean), events)
    return low / exposure, high / exposure


def _mean_where(excess: Callable[[float], float], events: int) -> float:
    """The Poisson mean at which ``excess`` is 0; its slope is the probability of exactly ``events``.

    Newton's steps, and halving where one would leave the bracket that is known by then.
    """
    low, high = 0.0, events + 10 + 10 * math.sqrt(events + 1)
    mean = float(events + 1)
    for _ in range(STEPS):
        missing = excess(mean)
        low, high = (low, mean) if missing > 0 else (mean, high)
        slope = _exactly(events, mean)
        wanted = mean - missing / slope if slope else -1.0
        following = wanted if low <= wanted <= high else (low + high) / 2
        if abs(following - mean) <= 1e-15 * mean:
            break
        mean = following
    return mean


def _exactly(events: int, mean: float) -> float:
    return math.exp(events * math.log(mean) - mean - math.lgamma(events + 1))


def _up_to(events: int, mean: float) -> float:
    """The probability of at most ``events``, summed from the likeliest end downwards."""
    term, total = 1.0, 0.0
    for k in range(events, -1, -1):
        total += term
        if term < total * 1e-17:
            break
        term *= k / mean
    return total * _exactly(events, mean)


def _above(events: int, mean: float) -> float:
    return 1.0 - _up_to(events, mean)


@cache
def conditional_binomial_p(now: int, before: int, at_risk_now: int, at_risk_before: int) -> float | None:
    """Two-sided exact p that two rates are equal, given the sum of their events.

    The probability, under binomial(now + before, at_risk_now / (at_risk_now + at_risk_before)), of all outcomes no
    likelier than the one seen; ties are exact. None when nobody is at risk at all.
    """
    if at_risk_now + at_risk_before == 0:
        return None
    trials = now + before
    weights = _weights(trials, at_risk_now, at_risk_before)
    seen = weights[now]
    if seen == 0.0:  # impossible, or less than a float can say
        return 0.0

    def is_no_likelier(k: int) -> bool:
        if abs(weights[k] - seen) > NEARLY * seen:
            return weights[k] < seen
        ours, theirs = (at_risk_now, at_risk_before) if k > now else (at_risk_before, at_risk_now)
        here: int = math.comb(trials, k) * ours ** abs(k - now)
        there: int = math.comb(trials, now) * theirs ** abs(k - now)
        return here <= there

    return math.fsum(w for k, w in enumerate(weights) if is_no_likelier(k)) / math.fsum(weights)


def _weights(trials: int, at_risk_now: int, at_risk_before: int) -> list[float]:
    """How likely each outcome is, 0 to ``trials``, beside the likeliest, which is 1."""
    mode = min(trials, (trials + 1) * at_risk_now // (at_risk_now + at_risk_before))
    below, above = [1.0], [1.0]
    for k in range(mode, 0, -1):
        below.append(below[-1] * (k * at_risk_before / ((trials - k + 1) * at_risk_now)))
    for k in range(mode, trials):
        above.append(above[-1] * ((trials - k) * at_risk_now / ((k + 1) * at_risk_before)))
    return below[:0:-1] + above
