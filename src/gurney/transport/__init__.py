"""HTTP with retries, pacing and budgets. The only room that opens a network connection."""

from gurney.transport.answer import Answer, Download
from gurney.transport.budget import Budget, BudgetLimit, Standing
from gurney.transport.gathering import as_far_as_paid, together
from gurney.transport.http import Authorise, Http
from gurney.transport.meter import Use
from gurney.transport.multipart import Upload
from gurney.transport.pacer import Counts, Limits, Pacer, Rate

__all__ = [
    "Answer",
    "Authorise",
    "Budget",
    "BudgetLimit",
    "Counts",
    "Download",
    "Http",
    "Limits",
    "Pacer",
    "Rate",
    "Standing",
    "Upload",
    "Use",
    "as_far_as_paid",
    "together",
]
