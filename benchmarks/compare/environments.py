"""An environment for each tool, made once: `benchmarks/.venvs/NAME`, which git leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / ".venvs"


def made(package: str, requirement: str) -> Path | None:
    """The Python of a tool's environment; None, said in words, where it cannot be made."""
    folder = FOLDER / package
    python, mark = folder / "bin" / "python", folder / "installed"
    if mark.exists() and mark.read_text("utf-8") == requirement:
        return python
    try:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / ".gitignore").write_text("*\n", "utf-8")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", requirement], check=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"{requirement} could not be installed: {error}", flush=True)
        return None
    mark.write_text(requirement, "utf-8")
    return python


def version(python: Path, package: str) -> str:
    """The version that is installed."""
    told = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([str(python), "-c", told], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
