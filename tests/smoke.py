"""Does the bare install work? Run by `make` before any development tool is installed: a dependency that only
comes in with those would be missing for users."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import gurney

PROGRAM = Path(sys.executable).with_name("gurney")


def main() -> None:
    names = [module.name for module in pkgutil.walk_packages(gurney.__path__, "gurney.")]
    for name in names:
        if name != "gurney.__main__" and not name.startswith("gurney.testing"):
            importlib.import_module(name)
    for arguments in (["--version"], ["--help"], ["twin", "--help"]):
        subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.DEVNULL)
    print(f"The bare install works: {len(names)} modules.")


if __name__ == "__main__":
    main()
