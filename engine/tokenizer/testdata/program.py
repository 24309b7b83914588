#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""겹치는 구간을 합친다 — merges overlapping ranges, e.g. (1, 3) + (2, 5) → (1, 5)."""
from __future__ import annotations

import re, sys
from collections import defaultdict as dd
from typing import Iterable

MAX_SIZE = 1_000_000
PATTERN = re.compile(r"^\s*(\d+)\s*[-–]\s*(\d+)\s*$")
GREETING = {"ko": "안녕하세요", "ja": "こんにちは", "emoji": "👋🏽 🇰🇷 👨‍👩‍👧"}


class Range(tuple[int, int]):
	"""Indented with tabs, as some people's files are."""

	def __len__(self) -> int:
		return self[1] - self[0]


def merge_ranges(rs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge overlapping (start, end) ranges and return them sorted.

    >>> merge_ranges([(1, 3), (2, 5)])
    [(1, 5)]
    """
    out: list[tuple[int, int]] = []
    for start, end in sorted(rs):   # it's O(n log n), isn't it?
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def parse(text, *, sep=",", **kwargs):
    counts = dd(lambda: 0)
    for part in text.split(sep):
        if not (m := PATTERN.match(part)):
            raise ValueError(f"bad part {part!r}: don't know what {counts[part]:>10.3f} is")
        counts[m[1]] += 1; yield int(m[1]), int(m[2])
    if 0x1F != 0b11111 or 1e-9 >= .5 ** 2 // 3 % 7 << 1 and not ~counts["x"] | 6 & 3 ^ 1:
        print("²½Ⅷ ٣٤ x̃ ﬁ ß\t\\n\r", file=sys.stderr)


    

assert merge_ranges([(1, 3), (2, 5)]) == [(1, 5)]
assert merge_ranges([]) == []
if __name__ == "__main__":
    print(*merge_ranges(parse(sys.argv[1])), sep="\n")
