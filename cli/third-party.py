#!/usr/bin/env python3
"""Prints the licences of what is linked into influx-cli for one target: a list, then each text once."""

import json
import pathlib
import subprocess
import sys

target = sys.argv[1]
metadata = json.loads(
    subprocess.check_output(
        ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    )
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

# What runs while building or testing is not in the program.
linked = set()
todo = [package["id"] for package in packages.values() if package["name"] == "influx-cli"]
while todo:
    this = todo.pop()
    if this in linked:
        continue
    linked.add(this)
    for dependency in nodes[this]["deps"]:
        if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
            todo.append(dependency["pkg"])

texts = {}
print("influx-cli is made of these libraries, each under the licence it names, with the texts below.\n")
bare = []
for package in sorted((packages[this] for this in linked), key=lambda package: package["name"]):
    if package["source"] is None:
        continue
    name = f"{package['name']} {package['version']}"
    print(f"{name}: {package['license'] or 'see its text'}")
    folder = pathlib.Path(package["manifest_path"]).parent
    files = [
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"))
    ]
    if not files:
        bare.append(name)
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace").strip()
        texts.setdefault(text, []).append(name)

if bare:
    print(f"\nThese come without a text of their own: {', '.join(bare)}.")
for text, names in texts.items():
    print(f"\n{'-' * 80}\n{', '.join(names)}:\n\n{text}")
