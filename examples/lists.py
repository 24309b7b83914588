"""So do comments, where asserts would be in the way."""


def chunks(items, size):
    """Cut a list into pieces of the given size; the last one may be shorter."""
    # chunks([1, 2, 3, 4, 5], 2) -> [[1, 2], [3, 4], [5]]
    # chunks([], 3) == []
    pass
