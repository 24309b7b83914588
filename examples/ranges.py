"""What a function must do is said by the asserts that call it."""


def overlap(a, b):
    """Whether two closed ranges, given as (start, end), share at least one point."""


assert overlap((1, 3), (2, 5))
assert overlap((1, 3), (3, 5))
assert overlap((1, 9), (4, 5))
assert not overlap((1, 2), (3, 4))
