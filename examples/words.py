"""Examples in the docstring say it just as well, and the file's own names may be used."""

VOWELS = "aeiou"


def count_vowels(text):
    """Count the vowels of a text, in either case.

    >>> count_vowels("Green Fill")
    3
    >>> count_vowels("rhythm")
    0
    """
