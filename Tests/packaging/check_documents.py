#!/usr/bin/env python3
"""Checks the links of installed documents: check_documents.py DIRECTORY

Each has to lead to a file that is installed too, headers included. Those into the sources (tests, scripts, benchmarks) are
for whoever has them.
"""

import os
import re
import sys

SOURCES = re.compile(r"(\.\./)?(Sources|Tests|Benchmarks|scripts|cmake)/")


def main():
    root = sys.argv[1]
    documents = links = 0
    missing = []
    for directory, _, files in os.walk(root):
        for name in files:
            if not name.endswith(".md"):
                continue
            documents += 1
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"^```.*?^```$", "", file.read(), flags=re.S | re.M)
            for target in re.findall(r"\]\(([^)#\s]+)", text):
                if "://" in target or SOURCES.match(target):
                    continue
                links += 1
                if not os.path.exists(os.path.join(directory, target)):
                    missing.append(f"{os.path.relpath(path, root)}: {target}")
    print(f"{documents} documents, {links} links")
    if missing or documents == 0 or links == 0:
        sys.exit("these lead nowhere: " + ", ".join(missing))


if __name__ == "__main__":
    main()
