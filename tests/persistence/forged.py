"""Files whose contents were changed, with the right checksum."""

import json

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from sksequence.persistence import _file


def rewrite(path, change=lambda tree, arrays, header: None, resealed=True):
    """Take a file apart, change its parts, and write it again, with the right checksum."""
    with safe_open(path, framework="numpy") as file:
        contents = {name: file.get_tensor(name) for name in file.keys()}
        header = file.metadata()
    tree = json.loads(contents.pop("state").tobytes())
    change(tree, contents, header)
    contents["state"] = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    if resealed:
        header["sha256"] = _file._digest(contents)
    save_file(contents, path, metadata=header)


def nodes_of(tree, name):
    """All objects of a class in the description of a file."""
    if isinstance(tree, dict):
        if tree.get("class", "").endswith(name) if isinstance(tree.get("class"), str) else False:
            yield tree
        for part in tree.values():
            yield from nodes_of(part, name)
    elif isinstance(tree, list):
        for part in tree:
            yield from nodes_of(part, name)
