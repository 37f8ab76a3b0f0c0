"""Numbers and money, exact: the source sends them as text, and they never pass through floating point."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from gurney.mapping.transforms.registry import Unconvertible, transform


@transform(reads="any", writes="number")
def decimal(value: object) -> Decimal:
    """A decimal number, exactly as written.

    >>> decimal("0.3333"), decimal(7)
    (Decimal('0.3333'), Decimal('7'))
    """
    if isinstance(value, bool):
        raise Unconvertible("a number")
    try:
        number = Decimal(value if type(value) is str or type(value) is int else str(value))
    except InvalidOperation:
        raise Unconvertible("a number") from None
    if not number.is_finite():
        raise Unconvertible("a number")
    return number


@transform(reads="any", writes="number")
def money(value: object) -> Decimal:
    """An amount with at least two decimals; more are kept, for nothing is rounded.

    >>> money("121.0"), money("-50"), money("0.125")
    (Decimal('121.00'), Decimal('-50.00'), Decimal('0.125'))
    """
    amount = decimal(value)
    exponent = amount.as_tuple().exponent
    return amount.quantize(_CENT) if isinstance(exponent, int) and exponent > -2 else amount


@transform(reads="any", writes="number")
def whole_number(value: object) -> int:
    """A number without a fraction.

    >>> whole_number("14.0")
    14
    """
    if type(value) is int:
        return value
    number = decimal(value)
    if number != number.to_integral_value():
        raise Unconvertible("a whole number")
    return int(number)


_CENT = Decimal("0.01")
