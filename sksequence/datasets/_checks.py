"""What the generators ask of their arguments."""

from numbers import Integral, Real
from typing import Any


def check_count(name: str, value: Any, *, minimum: int = 1, why: str = "") -> None:
    """Raise unless `value` is a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}{why}, got {value}.")


def check_between(
    name: str, value: Any, low: float, high: float, *, open_ends: bool = False
) -> None:
    """Raise unless `value` is a number between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    number = float(value)
    inside = low < number < high if open_ends else low <= number <= high
    if not inside:
        brackets = "()" if open_ends else "[]"
        interval = f"{brackets[0]}{low:g}, {high:g}{brackets[1]}"
        raise ValueError(f"{name} must lie in {interval}, got {value!r}.")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise unless `value` is one of `choices`."""
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {listed}, got {value!r}.")


def check_split(split: Any, choices: tuple[str, ...], return_X_y: bool) -> None:
    """Raise unless `split` is None, for all of a set, or one of `choices`; a pair needs one."""
    if split is not None:
        check_choice("split", split, choices)
    elif return_X_y:
        raise ValueError(
            f"return_X_y=True gives one pair, so it needs a split, such as split={choices[0]!r}; "
            "without return_X_y the result holds all of them."
        )
