"""A test function is a set of asserts, too."""


def digit_sum(n):
    """The sum of the decimal digits of a whole number, whatever its sign."""
    ...


def test_digit_sum():
    assert digit_sum(0) == 0
    assert digit_sum(1234) == 10
    assert digit_sum(-15) == 6
