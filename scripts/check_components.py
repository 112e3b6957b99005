#!/usr/bin/env python3
"""A component is one folder: its name stands in its own folder under src/components, in those of
components that depend on it, and in its line of src/components/mod.rs; nowhere else in src but
in src/components/foreign.rs, which says what of them others run. Prose and tests may name it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = ROOT / "src" / "components"


def code(path):
    """Lines of a file without comments and tests, numbered from 1."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#[cfg(test)]"):
            return
        if not line.lstrip().startswith("//"):
            yield number, line


def names(component):
    """What names a component: a text, a path, a setting, an argument of a command."""
    name = re.escape(component)
    return re.compile(
        rf'"{name}"|(?<![\w:]){name}::|::{name}::|`{name}`|logs {name}\b|(?<![\w.]){name}\.[a-z_]+\b(?!\()'
    )


def main():
    folders = sorted(path for path in COMPONENTS.iterdir() if path.is_dir())
    # The cluster is what the others run in: the platform of containers makes it, as it does the engine's
    # network, and speaks of it.
    folders = [path for path in folders if path.name != "cluster"]
    dependents = {
        path.name: re.findall(r'"(\w+)"', (re.search(r"depends_on: &\[(.*?)\]", text) or [0, ""])[1])
        for path in folders
        for text in [(path / "mod.rs").read_text()]
    }
    wrong = []
    for folder in folders:
        name = folder.name
        own = {folder} | {COMPONENTS / other for other, needs in dependents.items() if name in needs}
        pattern = names(name)
        for path in sorted((ROOT / "src").rglob("*.rs")):
            if path == COMPONENTS / "foreign.rs" or path.name == "tests.rs" or "tests" in path.parts or own & set(path.parents):
                continue
            for number, line in code(path):
                is_its_line = path == COMPONENTS / "mod.rs" and (
                    line == f"mod {name};" or f"&{name}::{name.upper()}" in line
                )
                if pattern.search(line) and not is_its_line:
                    wrong.append(f"{path.relative_to(ROOT)}:{number}: {name}: {line.strip()}")
    print("\n".join(wrong) if wrong else f"{len(folders)} components, each in its own folder")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
