#!/usr/bin/env python3
"""Checks one property of the built library: check_library.py PROPERTY LIBRARY [EXPECTED...]

Reads the ELF file with readelf (named in the environment variable READELF). Prints what is wrong and exits 1.
"""

import os
import re
import subprocess
import sys

# What the library may need to be loaded: libcurl, two of those that it brings along, c-ares, and what every C++ program
# already has.
ALLOWED_NEEDED = {
    "libcares.so.2",
    "libcurl.so.4",
    "libnghttp2.so.14",
    "libssl.so.3",
    "libcrypto.so.3",
    "libstdc++.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libc.so.6",
}


def readelf(*arguments):
    command = [os.environ.get("READELF", "readelf"), "--wide", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def dynamic(library, tag):
    """The values of a tag of the dynamic section."""
    return re.findall(rf"\({tag}\)\s+(.*)", readelf("--dynamic", library))


def symbols(library, table):
    """Name and section index of each symbol of a table; the index is UND for what others define. Names have the version
    of the symbol, if there is one: "name@@VERSION"."""
    found = []
    for line in readelf(table, library).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0].rstrip(":").isdigit() and fields[3] != "SECTION":
            found.append((fields[7], fields[6]))
    return found


def declarations(header):
    """The text of a header without comments, macros, and the functions that it defines itself."""
    with open(header, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = text.replace("\\\n", " ")
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return re.sub(r"static inline[^{]*\{.*?^\}", "", text, flags=re.S | re.M)


def declared_functions(headers):
    """The functions that headers declare for others to call."""
    return sorted(name for header in headers for name in re.findall(r"\b(etcdcli_\w+)\s*\(", declarations(header)))


def check_exports(library, manifest, *headers):
    with open(manifest, encoding="ascii") as file:
        listed = file.read().split("\n")
    problems = []
    if listed.pop() != "":
        problems.append("the manifest does not end with a line break")
    if listed != sorted(set(listed)):
        problems.append("the manifest is not in alphabetical order, or names something twice")
    exported = [name.split("@")[0] for name, section in symbols(library, "--dyn-syms") if section != "UND"]
    declared = declared_functions(headers)
    for one, other, text in (
        (listed, declared, "is in the manifest, but in no header"),
        (declared, listed, "is in a header, but not in the manifest"),
        (listed, exported, "is in the manifest, but the library does not export it"),
        (exported, listed, "is exported by the library, but not in the manifest"),
    ):
        problems += [f"{name} {text}" for name in sorted(set(one) - set(other))]
    return problems


def check_needed(library, *left_out):
    """`left_out` are those that it was built without."""
    needed = {value.split("[")[1].rstrip("]") for value in dynamic(library, "NEEDED")}
    if "libcurl.so.4" not in needed:
        return [f"libcurl.so.4 is not among {sorted(needed)}: is this the library?"]
    return [f"needs {name}" for name in sorted(needed - ALLOWED_NEEDED.difference(left_out)) if not name.startswith("ld-linux")]


def check_api(_, *headers):
    """Every function says that it is one of the interface's, and whether its result is to be looked at."""
    text = "\n".join(declarations(header) for header in headers)
    marked = re.findall(r"^ETCDCLI_API(?:_CHECKED)? [\w ]+\*?(etcdcli_\w+)\(", text, flags=re.M)
    return [f"{name} is declared without ETCDCLI_API" for name in declared_functions(headers) if name not in marked]


def check_versions(library, manifest, version):
    """Every exported symbol belongs to the one version node."""
    with open(manifest, encoding="ascii") as file:
        listed = file.read().split()
    exported = {name for name, section in symbols(library, "--dyn-syms") if section != "UND"}
    problems = [f"{name}@@{version} is not exported" for name in listed if f"{name}@@{version}" not in exported]
    return problems + [f"{name} is of no version, or another" for name in exported if not name.endswith(f"@@{version}")]


def check_soname(library, expected, version):
    """While the major version is 0, a minor one may break what was, so it is in the SONAME too."""
    parts = version.split(".")
    wanted = "libetcdcli.so." + (".".join(parts[:2]) if parts[0] == "0" else parts[0])
    found = dynamic(library, "SONAME")
    problems = [] if found == [f"Library soname: [{wanted}]"] else [f"SONAME is {found}, not {wanted}"]
    return problems + ([] if expected == wanted else [f"the build calls it {expected}, not {wanted}"])


def check_runpath(library):
    return [f"has {tag} {value}" for tag in ("RUNPATH", "RPATH") for value in dynamic(library, tag)]


def check_nodelete(library):
    return [] if any("NODELETE" in value for value in dynamic(library, "FLAGS_1")) else ["is not marked nodelete"]


def check_size(library, limit):
    size = os.path.getsize(library)
    problems = [] if size <= int(limit) else [f"is {size} bytes, more than {limit}"]
    if " .symtab " in readelf("--sections", library):
        problems.append("is not stripped")
    print(f"{size} bytes")
    return problems


def check_modules(library):
    """None of the modules that would make the library several times as large: neither Foundation, nor the engine of
    regular expressions, which `String.contains(String)` and its like call. Of the library before it was stripped, so
    that names are there to be seen."""
    names = [name for name, _ in symbols(library, "--syms")]
    if not any(name.startswith("$s7EtcdABI") for name in names):
        return ["has no symbols of EtcdABI: it was stripped, and nothing can be seen"]
    unwanted = re.compile(r"\$[sS](10Foundation|20FoundationEssentials|12_RegexParser|17_StringProcessing)")
    found = {match.group(1) for match in map(unwanted.match, names) if match}
    return [f"holds code of the module {name.lstrip('0123456789')}" for name in sorted(found)]


def check_paths(library, *paths):
    """No path of the machine it was built on."""
    with open(library, "rb") as file:
        content = file.read()
    toolchain = os.path.dirname(os.path.dirname(os.path.realpath(paths[-1])))
    return [
        f"contains the path {path}"
        for path in (*paths[:-1], toolchain)
        if re.search(rb"(?<![\w./-])" + re.escape(os.fsencode(path)) + rb"/", content)
    ]


def main():
    checks = {name.removeprefix("check_"): value for name, value in globals().items() if name.startswith("check_")}
    problems = checks[sys.argv[1]](*sys.argv[2:])
    for problem in problems:
        print(f"{os.path.basename(sys.argv[2])}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
