#!/usr/bin/env python3
"""Writes each loop that the documents print to a file of its own: extract.py DIRECTORY README EMBEDDING HEADER

A loop is a block of code that pumps, waits, or asks for the descriptor. Each has to be known here by the heading that it
stands under, so that none is printed without the test that hands it a dead cluster.
"""

import os
import re
import sys

# By document and heading: the names of the blocks under it, in order. None: another test runs it.
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
    ("etcdcli.h", "THE SHAPE OF IT"): ["header"],
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
    """The loop in the comment at the top, without the notes beside it."""
    heading = "THE SHAPE OF IT"
    comment = text[text.index(heading) : text.index("#ifndef")]
    loop = re.search(r"^ \*   for \(;;\) \{\n.*?^ \*   \}\n", comment, flags=re.S | re.M)
    if not loop:
        sys.exit("etcdcli.h prints no loop at its top")
    lines = [re.sub(r"\s*<- .*", "", line.removeprefix(" *   ")) for line in loop.group(0).splitlines()]
    yield heading, "\n".join(lines) + "\n"


def main():
    directory, *documents = sys.argv[1:]
    os.makedirs(directory, exist_ok=True)
    left = {key: list(names) for key, names in LOOPS.items()}
    for path in documents:
        document = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        blocks = blocks_of_header(text) if document.endswith(".h") else blocks_of_markdown(text)
        for heading, code in blocks:
            if not re.search(r"pump|(?<!a)wait\(|cluster_fd|\bfd\(\)", code):
                continue
            names = left.get((document, heading))
            if not names:
                sys.exit(f"{document}: a loop under '{heading}' has no test: see {os.path.relpath(__file__)}")
            name = names.pop(0)
            if name:
                with open(os.path.join(directory, name + ".inc"), "w", encoding="utf-8") as file:
                    file.write(code)
    for (document, heading), names in left.items():
        if names:
            sys.exit(f"{document}: there is no loop under '{heading}' any more: see {os.path.relpath(__file__)}")


if __name__ == "__main__":
    main()
