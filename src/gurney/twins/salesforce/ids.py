"""Record ids: 15 characters that tell upper from lower case, and 3 for readers who do not (FACTS 2)."""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
POD = "5g0"
PAIRS = [high + low for high in DIGITS for low in DIGITS]
PER_HEAD = len(PAIRS)
FIRST = 62**4 * 9 + 4_711
LONG = 18
SHORT = 15


def checksum(short: str) -> str:
    """The three characters that follow the first fifteen."""
    return "".join(CHECKS[_bits(short[at : at + 5])] for at in (0, 5, 10))


def normal(text: object) -> str | None:
    """An id in its long form; None when it is none. Long ids are repaired where somebody changed their case."""
    if not isinstance(text, str) or not text.isalnum() or not text.isascii():
        return None
    if len(text) == LONG:
        short = text[:SHORT]
        return text if checksum(short) == text[SHORT:] else _repaired(text)
    return text + checksum(text) if len(text) == SHORT else None


def _repaired(text: str) -> str | None:
    repaired = ""
    for group, check in zip((text[0:5], text[5:10], text[10:15]), text[SHORT:].upper(), strict=True):
        bits = CHECKS.find(check)
        if bits < 0:
            return None
        repaired += "".join(c.upper() if bits >> place & 1 else c.lower() for place, c in enumerate(group))
    return repaired + text[SHORT:].upper() if checksum(repaired) == text[SHORT:].upper() else None


def _bits(group: str) -> int:
    return sum(1 << place for place, char in enumerate(group) if "A" <= char <= "Z")


PAIR_BITS = [_bits("aaa" + pair) for pair in PAIRS]


class Ids:
    """Makes new ids, ascending within a prefix."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._heads: dict[str, tuple[int, str, str, int]] = {}

    def new(self, prefix: str) -> str:
        """The next id of a kind, long form."""
        number = self._next.get(prefix, FIRST)
        self._next[prefix] = number + 1
        high, low = divmod(number, PER_HEAD)
        head = self._heads.get(prefix)
        if head is None or head[0] != high:
            head = self._heads[prefix] = _head(prefix, high)
        return head[1] + PAIRS[low] + head[2] + CHECKS[head[3] | PAIR_BITS[low]]


def _head(prefix: str, high: int) -> tuple[int, str, str, int]:
    """What all ids share that differ in the last two characters only."""
    number, text = high, ""
    for _ in range(7):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    whole = prefix + POD + text
    return high, whole, CHECKS[_bits(whole[:5])] + CHECKS[_bits(whole[5:10])], _bits(whole[10:])
