"""Device, threads and memory during a computation; the caller's settings come back."""

from __future__ import annotations

from contextlib import contextmanager

import torch

# Below this many multiplications in one step of a batch, one thread. There is no clear crossing:
# on two idle cores a second thread shortens a step of 0.1 million by nothing, of 1 million by a
# third, of 4 million and more by 43 to 47 % (benchmarks/speed.py threads); while other programs
# keep the cores busy it makes the same steps 30, 11 and 5 times as long. A search with two
# processes uses both cores anyway.
ONE_THREAD = 4_000_000


def choose_device(device: str) -> torch.device:
    """``"auto"`` is CUDA where there is one, else the CPU; MPS only when named.

    Raises
    ------
    ValueError
        For an unknown device, or CUDA on a machine without.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"unknown device {device!r}: use 'auto', 'cpu', 'cuda' or 'cuda:0'."
        ) from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device={device!r}, but torch finds no CUDA device here: use device='auto' (which "
            "takes the CPU then) or install a CUDA build of torch."
        )
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={device!r}, but torch finds {torch.cuda.device_count()} CUDA device(s) here, "
            "counted from 'cuda:0'."
        )
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(f"device={device!r}, but there is no MPS device here: use 'auto'.")
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise ValueError(f"unknown device {device!r}: use 'auto', 'cpu', 'cuda' or 'cuda:0'.")
    return chosen


@contextmanager
def threads(work: float):
    """One torch thread while the work of a step is small; the caller's number afterwards."""
    before = torch.get_num_threads()
    if work >= ONE_THREAD or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def explained_memory(batch_size, device):
    """Running out of memory says what to lower (in prediction, `batch_size` is None)."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _is_out_of_memory(error):
            raise
        if batch_size is None:
            raise MemoryError(
                f"out of memory on {device} in prediction: give fewer sequences at a time, or cut "
                "the longest ones."
            ) from error
        raise MemoryError(
            f"out of memory on {device} with batch_size={batch_size}: lower batch_size (halve "
            "it), hidden_size or embedding_size, or cut the longest sequences."
        ) from error


def _is_out_of_memory(error) -> bool:
    text = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in text for sign in signs)
