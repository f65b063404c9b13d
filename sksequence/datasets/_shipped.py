"""The small data files that travel with the package."""

from importlib import resources
from pathlib import Path


def shipped_file(name: str) -> Path:
    """Return the path of a shipped file.

    In an installed wheel the files lie in ``sksequence/datasets/data``; in a checkout of the
    repository they lie in its top-level folder ``datasets``.
    """
    package = Path(str(resources.files("sksequence.datasets")))
    places = [package / "data" / name, package.parents[1] / "datasets" / name]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"The data file {name!r} that belongs to sksequence is in none of its places:\n  "
        + "\n  ".join(map(str, places))
        + "\nThe installation is incomplete: install sksequence again."
    )
