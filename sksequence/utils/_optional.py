"""Optional dependencies: the one place that says which extra brings which package."""

import importlib
from types import ModuleType


def import_optional(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import a package that not every installation has.

    Parameters
    ----------
    module : str
        Dotted name of the module, for example ``"pooch"``.
    extra : str
        The extra of sksequence that installs it, for example ``"data"``.
    purpose : str
        What needs it, as the user knows it: ``"fetch_movie_reviews"``.

    Returns
    -------
    module : module
        The imported module itself; of a dotted name the innermost one.

    Raises
    ------
    ImportError
        When the package is not installed; the message names the extra. A package that is
        there and fails to import for a reason of its own keeps its own error.

    Examples
    --------
    >>> from sksequence.utils import import_optional
    >>> import_optional("json", extra="data", purpose="this example").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # the package is there, one of its own dependencies is not
        raise ImportError(
            f"{purpose} needs the optional package '{package}', which is not installed. "
            f'Install it with: pip install "sksequence[{extra}]"',
            name=package,
        ) from error
