"""DeployOptions: what a deployment asks for beside its zip (FACTS 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gurney.twins.salesforce.refusals import Refused, unreadable_json

TEST_LEVELS = ("NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg")
FLAGS = {
    "allowMissingFiles": "allow_missing_files",
    "autoUpdatePackage": "auto_update_package",
    "checkOnly": "check_only",
    "ignoreWarnings": "ignore_warnings",
    "performRetrieve": "perform_retrieve",
    "purgeOnDelete": "purge_on_delete",
    "rollbackOnError": "rollback_on_error",
    "singlePackage": "single_package",
}


@dataclass(frozen=True)
class DeployOptions:
    """The options, absent ones at their defaults."""

    allow_missing_files: bool = False
    auto_update_package: bool = False
    check_only: bool = False
    ignore_warnings: bool = False
    perform_retrieve: bool = False
    purge_on_delete: bool = False
    rollback_on_error: bool = True
    single_package: bool = False
    test_level: str | None = None
    run_tests: tuple[str, ...] = field(default_factory=tuple)

    @property
    def tests(self) -> bool:
        """Whether tests run."""
        return self.test_level not in (None, "NoTestRun")

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        flags = {name: getattr(self, attribute) for name, attribute in FLAGS.items()}
        return {**flags, "runTests": list(self.run_tests) or None, "testLevel": self.test_level}


def read_options(given: object) -> DeployOptions:
    """From JSON (or from SOAP, made alike). Raises Refused."""
    if not isinstance(given, dict):
        raise unreadable_json("Cannot deserialize instance of deployOptions at [line:1, column:2]")
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in FLAGS:
            values[FLAGS[name]] = _flag(name, value)
        elif name == "testLevel":
            values["test_level"] = _level(value)
        elif name == "runTests":
            values["run_tests"] = _tests(value)
        else:
            raise unreadable_json(f'Unrecognized field "{name}" at [line:1, column:2]')
    options = DeployOptions(**values)
    if bool(options.run_tests) != (options.test_level == "RunSpecifiedTests"):
        raise Refused("INVALID_PARAMETER_VALUE", "runTests can be used only with testLevel RunSpecifiedTests")
    return options


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise unreadable_json(f"Cannot deserialize instance of boolean from the value of {name} at [line:1, column:2]")
    return value


def _level(value: object) -> str:
    if value not in TEST_LEVELS:
        raise Refused("INVALID_PARAMETER_VALUE", f"'{value}' is not a valid value for the enum 'TestLevel'")
    return str(value)


def _tests(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise unreadable_json("Cannot deserialize instance of runTests at [line:1, column:2]")
    return tuple(value)
