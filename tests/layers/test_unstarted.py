"""Layers are made without drawing, and without what torch imports for it otherwise."""

import subprocess
import sys

import torch
from torch import nn

from sksequence.layers._parts import unstarted

PROGRAM = """
import sys, torch
from sksequence.layers import embedding, linear
generator = torch.Generator().manual_seed(0)
linear(3, 2, generator), embedding(5, 2, generator)
assert "sympy" not in sys.modules, "sympy"
"""


def test_the_global_generator_is_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for layer in (unstarted(nn.Linear, 3, 2), unstarted(nn.Embedding, 5, 2)):
        assert type(layer) in (nn.Linear, nn.Embedding)
        assert "reset_parameters" not in vars(layer)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_symbolic_algebra_is_imported():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
