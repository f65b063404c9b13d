"""A method that is not there says why."""

import pytest

from sksequence.utils._available import available_if


def _is_open(shop):
    if not shop.is_open:
        raise AttributeError("closed: come back at nine")


class Shop:
    is_open = True

    @available_if(_is_open)
    def buy(self, what):
        """Buy something."""
        return f"one {what}"


def test_it_is_a_method_where_the_check_passes():
    shop = Shop()
    assert hasattr(shop, "buy")
    assert shop.buy("pear") == Shop.buy(shop, "pear") == "one pear"
    assert Shop.buy.__doc__ == "Buy something."
    assert Shop.buy.__name__ == "buy"


def test_elsewhere_the_message_of_the_check_is_seen():
    shop = Shop()
    shop.is_open = False
    assert not hasattr(shop, "buy")
    for use in (lambda: shop.buy("pear"), lambda: Shop.buy(shop, "pear")):
        with pytest.raises(AttributeError, match="closed: come back at nine"):
            use()
