"""A small pool of threads of our own: fixed tiles of rows, whoever takes them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from sksequence.kernels._code import TILE

ENOUGH = 2_000_000  # multiplications that are worth a second thread: about 50 microseconds
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def over_rows(function, values, n_scratch, like, n_rows, work) -> None:
    """Run a compiled loop over all rows.

    Rows are computed in tiles of fixed places, each by itself, so that the result is the same
    however many threads there are. The caller's thread takes a share.

    Parameters
    ----------
    function : callable
        ``function(arguments, scratch, first_row, last_row)``, which gives up the GIL.
    values : ndarray of int64
    n_scratch : int
        Numbers of memory that each thread needs for itself.
    like : Tensor
        Says the kind of number.
    n_rows : int
    work : float
        About how many multiplications all rows take.
    """
    n_tiles = -(-n_rows // TILE)
    n_threads = max(1, min(torch.get_num_threads(), n_tiles, int(work / ENOUGH)))

    def run(k):
        first, last = (n_tiles * share // n_threads * TILE for share in (k, k + 1))
        scratch = like.new_zeros(n_scratch)
        function(values.ctypes.data, scratch.data_ptr(), first, min(last, n_rows))

    waiting = [_pool().submit(run, k) for k in range(1, n_threads)]
    try:
        run(0)
    finally:
        for each in waiting:
            each.result()


def _pool():
    """This process's threads; a forked child starts its own."""
    process = os.getpid()
    if process not in _pools:
        with _lock:
            if process not in _pools:
                _pools[process] = ThreadPoolExecutor(os.cpu_count() or 1, "sksequence-kernels")
    return _pools[process]
