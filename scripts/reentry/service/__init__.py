"""The resident service: the one process that holds the key, and answers a fixed list of requests over a socket."""

import os

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # read at import: a process that forks has no such threads
    os.environ.setdefault(_pool, "1")
