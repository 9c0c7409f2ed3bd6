"""The dashboards, seen from outside: Superset runs in its own environment, this package starts and asks it."""
