#!/usr/bin/env python3
"""Writes each piece of C and C++ that the documents and the headers' comments print to a file of its own:
extract.py DIRECTORY DOCUMENT...

Each has to be known here, so that none is printed that no test compiles: by the heading that it stands under, or, of a
header, by its order. Those that pump, wait, or ask for the descriptor are loops, which `loops` hands a dead cluster too;
the others are in `examples`.
"""

import os
import re
import sys

# By document and heading: the names of the pieces under it, in order. None: another test runs it.
LOOPS = {
    ("README.md", "Use it"): [None],
    ("README.md", "An event loop"): ["readme_event_loop"],
    ("README.md", "A poll loop"): ["readme_poll_loop"],
    ("README.md", "A fixed tick"): ["readme_tick"],
    ("embedding.md", "epoll"): ["epoll"],
    ("embedding.md", "epoll, edge-triggered"): ["epoll_edge"],
    ("embedding.md", "libuv"): ["libuv"],
    ("embedding.md", "libevent"): ["libevent"],
    ("embedding.md", "asio"): ["asio"],
    ("embedding.md", "poll and select"): ["poll", "wait"],
    ("embedding.md", "Fixed ticks"): ["tick"],
    ("etcdcli.h", ""): ["header"],
}
EXAMPLES = {
    ("embedding.md", "Shutting down in order"): ["members"],
    ("embedding.md", "Reading the configuration anew"): ["reconfigure"],
    ("README.md", "Find who serves a player"): ["readme_directory"],
    ("embedding.md", "Who asks"): ["credentials"],
    ("embedding.md", "Waiting until all is there"): ["start"],
    ("admin.h", ""): ["gateway"],
    ("etcdcli.hpp", ""): ["owners", "await", "txn"],
    ("admin.hpp", ""): ["admin"],
    ("directory.h", ""): ["responsible"],
    ("directory.hpp", ""): ["mail"],
}


def blocks_of_markdown(text):
    """Heading and code of each block of C or C++. A paragraph that begins in bold is a heading too."""
    heading = ""
    for part in re.split(r"^(```\w*\n.*?^```$)", text, flags=re.S | re.M):
        code = re.match(r"```(?:c|cpp)\n(.*)```$", part, flags=re.S)
        if code:
            yield heading, code.group(1)
        elif not part.startswith("```"):
            for line in part.splitlines():
                found = re.match(r"#+ (.*)$", line) or re.match(r"\*\*(.*?)\*\*", line)
                if found:
                    heading = found.group(1)


def blocks_of_header(text):
    """What is indented in a comment, stands between empty lines or borders of it, and has a line that ends a statement;
    without the notes beside it."""
    for comment in re.findall(r"/\*.*?\*/", text, flags=re.S):
        for part in re.split(r"^ \*\n|^ \*/|^/\*.*\n", comment, flags=re.M):
            lines = part.splitlines()
            if not lines or not all(line.startswith(" *   ") for line in lines):
                continue
            lines = [re.sub(r"\s*(<- |// ).*", "", line.removeprefix(" *   ")) for line in lines]
            if any(line.endswith((";", "{")) for line in lines):
                yield "", "\n".join(lines) + "\n"


def main():
    directory, *documents = sys.argv[1:]
    os.makedirs(directory, exist_ok=True)
    left = {key: list(names) for known in (LOOPS, EXAMPLES) for key, names in known.items()}
    for path in documents:
        document = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        blocks = blocks_of_markdown(text) if document.endswith(".md") else blocks_of_header(text)
        for heading, code in blocks:
            is_loop = re.search(r"pump|(?<!a)wait\(|cluster_fd|\bfd\(\)", code) is not None
            place = f"under '{heading}'" if heading else f"that begins with '{code.splitlines()[0]}'"
            names = left.get((document, heading))
            if not names or is_loop != ((document, heading) in LOOPS):
                sys.exit(f"{document}: the code {place} has no test: see {os.path.relpath(__file__)}")
            name = names.pop(0)
            if name:
                with open(os.path.join(directory, name + ".inc"), "w", encoding="utf-8") as file:
                    file.write(code)
    for (document, heading), names in left.items():
        if names:
            sys.exit(f"{document}: there is no code under '{heading}' any more: see {os.path.relpath(__file__)}")


if __name__ == "__main__":
    main()
