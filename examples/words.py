"""Strings: doctest examples and assert comments say it just as well."""

VOWELS = "aeiou"


def count_vowels(text):
    """Count the vowels of a text, in either case.

    >>> count_vowels("Green Fill")
    3
    >>> count_vowels("rhythm")
    0
    """


def is_palindrome(text):
    """Whether a text reads the same in both directions, looking at letters only."""
    # is_palindrome("A man, a plan, a canal: Panama") -> True
    # is_palindrome("greenfill") -> False
    pass
