#!/usr/bin/env python3
"""Holds docs/DEPENDENCIES.md to the manifests: every direct dependency has one row with its licence,
no row speaks of a crate that is gone, and every dependency is used by the package that names it.
The Maven artifacts that go into images have rows in the same form.
"""

import json
import pathlib
import re
import subprocess
import sys
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "DEPENDENCIES.md"
ROW = re.compile(r"^\| `(?P<name>[\w.-]+)` \|(?P<cells>.*)\|$")


def metadata():
    host = subprocess.run(["rustc", "-vV"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    triple = re.search(r"^host: (\S+)$", host.stdout, re.MULTILINE).group(1)
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    done = subprocess.run(
        [*command, "--filter-platform", triple], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def direct(meta):
    """(package, the crate's name, its package's id) of every dependency from a registry."""
    packages = {package["id"]: package for package in meta["packages"]}
    members = set(meta["workspace_members"])
    for node in meta["resolve"]["nodes"]:
        if node["id"] in members:
            for dependency in node["deps"]:
                if dependency["pkg"] not in members:
                    yield packages[node["id"]], dependency["name"], packages[dependency["pkg"]]


def artifacts():
    """The artifacts that the poms of the images name, those of their tests too."""
    names = set()
    for pom in ROOT.glob("images/**/pom.xml"):
        for dependency in ElementTree.parse(pom).getroot().iterfind(".//{*}dependency"):
            names.add(dependency.findtext("{*}artifactId"))
    return names


def rows():
    found = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if row := ROW.match(line):
            found.setdefault(row["name"], []).append([cell.strip() for cell in row["cells"].split("|")])
    return found


def uses(package, crate):
    """Whether a source file of the package names the crate, or a macro of it."""
    folder = pathlib.Path(package["manifest_path"]).parent
    for part in ("src", "tests", "benches", "examples", "build.rs"):
        start = folder / part
        for path in [start] if start.is_file() else start.glob("**/*.rs"):
            if re.search(rf"\b{crate}\b", path.read_text(encoding="utf-8")):
                return True
    return False


def main():
    documented, wrong, named = rows(), [], set()
    for package, crate, dependency in direct(metadata()):
        name, licence = dependency["name"], dependency["license"]
        if not uses(package, crate):
            wrong.append(f"{package['name']} names `{name}` in its manifest and does not use it")
        if name in named:
            continue
        named.add(name)
        written = documented.get(name, [])
        if len(written) != 1:
            wrong.append(f"`{name}` has {len(written)} rows in docs/DEPENDENCIES.md, it needs one")
        elif licence.replace("/", " OR ") not in written[0]:
            wrong.append(f"`{name}` is under {licence}; its row in docs/DEPENDENCIES.md says otherwise")
    maven = artifacts()
    for name in maven - documented.keys():
        wrong.append(f"`{name}` of Maven has no row in docs/DEPENDENCIES.md")
    for name in documented.keys() - named - maven:
        wrong.append(f"`{name}` has a row in docs/DEPENDENCIES.md but is no direct dependency")
    print(f"{len(named)} direct dependencies, {len(maven)} of Maven", *sorted(set(wrong)), sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
