"""Device, threads and memory: what is chosen, what is said, what comes back."""

import numpy as np
import pytest
import torch

from sksequence.training import choose_device, explained_memory, threads
from sksequence.training._environment import ONE_THREAD


@pytest.fixture
def no_cuda(monkeypatch):
    """A machine without CUDA."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def one_gpu(monkeypatch):
    """A machine with one CUDA device."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)


def test_without_cuda_the_cpu_is_chosen(no_cuda):
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    for name in ("cuda", "cuda:0"):
        with pytest.raises(ValueError, match=f"device='{name}', but torch finds no CUDA device.*a"):
            choose_device(name)


def test_with_cuda_it_is_chosen(one_gpu):
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:0") == torch.device("cuda:0")
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(
        ValueError, match=r"torch finds 1 CUDA device\(s\) here, counted from 'cuda:"
    ):
        choose_device("cuda:1")


def test_mps_is_never_chosen_silently(monkeypatch, no_cuda):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto").type == "cpu"
    assert choose_device("mps").type == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match="there is no MPS device here: use 'auto'"):
        choose_device("mps")


@pytest.mark.parametrize("device", ["gpu", "tpu:0", "", "meta", None])
def test_unknown_devices_are_refused(device):
    with pytest.raises(ValueError, match=f"unknown device {device!r}: use 'auto', 'cpu', 'cuda'"):
        choose_device(device)


@pytest.fixture
def two_threads():
    """torch computes on two threads while the test runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_small_work_runs_on_one_thread(two_threads):
    with threads(ONE_THREAD - 1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_large_work_keeps_the_threads(two_threads):
    with threads(ONE_THREAD):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_threads_come_back_after_an_error(two_threads, error):
    with pytest.raises(error), threads(0):
        raise error
    assert torch.get_num_threads() == 2


def test_one_thread_stays_one(two_threads):
    torch.set_num_threads(1)
    with threads(0):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 1


# -- memory ---------------------------------------------------------------------------------

TOO_MUCH = {
    "torch": lambda: torch.empty(2**60),
    "numpy": lambda: np.empty(2**50),
    "CUDA": lambda: _raise(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")),
    "Windows": lambda: _raise(RuntimeError("DefaultCPUAllocator: not enough memory")),
    "cuBLAS": lambda: _raise(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED")),
}


def _raise(error):
    raise error


@pytest.mark.parametrize("source", TOO_MUCH)
def test_running_out_of_memory_says_what_to_lower(source):
    with pytest.raises(MemoryError) as caught, explained_memory(256, torch.device("cpu")):
        TOO_MUCH[source]()
    assert str(caught.value) == (
        "out of memory on cpu with batch_size=256: lower batch_size (halve it), hidden_size or "
        "embedding_size, or cut the longest sequences."
    )
    assert caught.value.__cause__ is not None


def test_running_out_of_memory_in_prediction_says_what_helps_there():
    with pytest.raises(MemoryError) as caught, explained_memory(None, torch.device("cpu")):
        TOO_MUCH["torch"]()
    assert str(caught.value) == (
        "out of memory on cpu in prediction: give fewer sequences at a time, or cut the longest "
        "ones."
    )


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        RuntimeError("invalid device pointer allocated elsewhere"),
        ValueError("out of memory"),
        KeyboardInterrupt(),
    ],
    ids=str,
)
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as caught, explained_memory(1, "cpu"):
        raise error
    assert caught.value is error


@pytest.mark.gpu
def test_a_gpu_that_is_full_says_so():
    with pytest.raises(MemoryError, match="out of memory on cuda with batch_size=3"):
        with explained_memory(3, torch.device("cuda")):
            torch.empty(2**50, device="cuda")


@pytest.mark.gpu
def test_a_gpu_is_chosen():
    assert choose_device("auto").type == "cuda"
