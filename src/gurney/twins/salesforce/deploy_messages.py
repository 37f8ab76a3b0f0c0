"""What a deployment says of each component: the DeployMessage of the metadata WSDL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gurney.twins.salesforce.deploy_xml import Problem

ERROR, WARNING = "Error", "Warning"


@dataclass
class Message:
    """One component's fate."""

    type: str
    full_name: str
    file: str
    id: str | None = None
    created: bool = False
    changed: bool = False
    deleted: bool = False
    problem: str | None = None
    problem_type: str | None = None
    line: int | None = None
    column: int | None = None
    success: bool = True

    def shown(self, at: str) -> dict[str, Any]:
        """As the WSDL orders it."""
        told = {
            "changed": self.changed,
            "columnNumber": self.column,
            "componentType": self.type,
            "created": self.created,
            "createdDate": at,
            "deleted": self.deleted,
            "fileName": self.file,
            "fullName": self.full_name,
            "id": self.id,
            "lineNumber": self.line,
            "problem": self.problem,
            "problemType": self.problem_type,
            "success": self.success,
        }
        return {name: value for name, value in told.items() if value is not None}


def failure(type: str, name: str, file: str, problem: Problem) -> Message:
    """A component that is wrong."""
    return Message(
        type, name, file, problem=problem.words, problem_type=ERROR, line=problem.line, column=problem.column,
        success=False,
    )  # fmt: skip


def warning(type: str, name: str, file: str, words: str, *, harmless: bool) -> Message:
    """A doubt; `harmless` where warnings are ignored, otherwise it fails the deployment (rule salesforce.warnings)."""
    return Message(type, name, file, problem=words, problem_type=WARNING, success=harmless)
