"""The three intervals and tests of METRICS.md, from their definitions, with the standard library."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)


def wilson(hits: int, trials: int) -> tuple[float, float] | None:
    """Wilson's 95% score interval of a share; None when nobody was tried."""
    if trials == 0:
        return None
    share = hits / trials
    spread = Z95 * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    centre = share + Z95**2 / (2 * trials)
    scale = 1 + Z95**2 / trials
    low = 0.0 if hits == 0 else (centre - spread) / scale
    high = 1.0 if hits == trials else (centre + spread) / scale
    return low, high


def poisson_at_most(events: int, mean: float) -> float:
    """P(X ≤ events) of a Poisson variable."""
    if events < 0:
        return 0.0
    if mean == 0:
        return 1.0
    terms = (math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1))
    return math.fsum(terms)


def _root(falling: Callable[[float], float], high: float) -> float:
    """Where a falling function crosses zero between 0 and ``high``."""
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def poisson_mean(events: int) -> tuple[float, float]:
    """The exact (Garwood) 95% interval of the mean of a Poisson count."""
    far = 2 * events + 40.0
    high = _root(lambda mean: poisson_at_most(events, mean) - 0.025, far)
    if events == 0:
        return 0.0, high
    low = _root(lambda mean: 0.025 - (1 - poisson_at_most(events - 1, mean)), far)
    return low, high


def poisson_rate(events: int, exposure: Fraction) -> tuple[float, float] | None:
    """The interval of events per exposure; None without exposure."""
    if exposure == 0:
        return None
    low, high = poisson_mean(events)
    return low / float(exposure), high / float(exposure)


def conditional_p(now: int, before: int, at_risk_now: int, at_risk_before: int) -> float | None:
    """Two-sided exact conditional binomial p of ``now`` among ``now + before``.

    Outcomes no likelier than the one seen are summed; everything is integers, so ties are exact.
    None when nobody was at risk in either window; 1 when nothing happened in either.
    """
    everybody = at_risk_now + at_risk_before
    if everybody == 0:
        return None
    total = now + before
    if total == 0:
        return 1.0
    weights = [math.comb(total, k) * at_risk_now**k * at_risk_before ** (total - k) for k in range(total + 1)]
    unlikely = sum(weight for weight in weights if weight <= weights[now])
    return float(Fraction(unlikely, everybody**total))
