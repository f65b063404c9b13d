"""Tensors in lists and tuples."""

from __future__ import annotations

from typing import Any

import torch


def detached(tree: Any) -> Any:
    """A tree of tensors without the graph that led to them."""
    if isinstance(tree, torch.Tensor):
        return tree.detach()
    if isinstance(tree, (list, tuple)):
        return type(tree)(detached(branch) for branch in tree)
    return tree


def to_device(tree: Any, device: torch.device) -> Any:
    """A tree of tensors on a device; everything else as it is."""
    if isinstance(tree, torch.Tensor):
        return tree.to(device)
    if isinstance(tree, (list, tuple)):
        return type(tree)(to_device(branch, device) for branch in tree)
    return tree
