"""Intervals: what a function must do is said by the asserts that call it."""


def merge_ranges(ranges):
    """Merge overlapping (start, end) ranges and return them sorted."""


assert merge_ranges([(1, 3), (2, 5)]) == [(1, 5)]
assert merge_ranges([(8, 9), (1, 2)]) == [(1, 2), (8, 9)]
assert merge_ranges([]) == []
