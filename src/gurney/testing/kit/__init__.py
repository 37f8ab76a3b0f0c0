"""The destination kit: the promises that every destination keeps, tried against its twin.

    from gurney.testing.kit import cases

    @pytest.mark.parametrize("case", cases(ADAPTER), ids=str)
    async def test_keeps_its_promises(case):
        await case.run()

docs/add-a-destination.md tells how a vendor's adapter is written.
"""

from gurney.testing.kit import behaviours as behaviours  # declares the promises
from gurney.testing.kit.adapter import (
    OPTIONS,
    Adapter,
    Hanging,
    Match,
    Role,
    Row,
    Witness,
    fields_of_types,
    filled,
    key_field,
)
from gurney.testing.kit.behaviour import BEHAVIOURS, Behaviour, Case, cases
from gurney.testing.kit.judging import NotKept
from gurney.testing.kit.scene import LEAVER, OWNER, Scene, opened

__all__ = [
    "BEHAVIOURS",
    "LEAVER",
    "OPTIONS",
    "OWNER",
    "Adapter",
    "Behaviour",
    "Case",
    "Hanging",
    "Match",
    "NotKept",
    "Role",
    "Row",
    "Scene",
    "Witness",
    "cases",
    "fields_of_types",
    "filled",
    "key_field",
    "opened",
]
