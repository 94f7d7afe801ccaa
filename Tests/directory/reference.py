#!/usr/bin/env python3
"""The choice of docs/directory.md, written a second time, from that page alone.

    reference.py vectors          prints the vectors
    reference.py check PAGE ...   checks that each of these files holds them, line by line
"""

import functools
import pathlib
import sys

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def rotate(value, count):
    return (value << count | value >> (64 - count)) & MASK


def xxh64(data):
    """XXH64 with seed 0."""

    def lane(accumulator, word):
        return rotate((accumulator + word * P2) & MASK, 31) * P1 & MASK

    def word(at, size):
        return int.from_bytes(data[at : at + size], "little")

    at = 0
    if len(data) >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while at + 32 <= len(data):
            lanes = [lane(value, word(at + 8 * index, 8)) for index, value in enumerate(lanes)]
            at += 32
        value = sum(rotate(one, count) for one, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for one in lanes:
            value = ((value ^ lane(0, one)) * P1 + P4) & MASK
    else:
        value = P5
    value = (value + len(data)) & MASK
    while at + 8 <= len(data):
        value = (rotate(value ^ lane(0, word(at, 8)), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= len(data):
        value = (rotate(value ^ word(at, 4) * P1 & MASK, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        value = rotate(value ^ byte * P5 & MASK, 11) * P1 & MASK
    value = (value ^ value >> 33) * P2 & MASK
    value = (value ^ value >> 29) * P3 & MASK
    return value ^ value >> 32


def mix(value):
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def cell(value):
    return mix(value) >> 44


def draw(identity, of_cell):
    return mix(xxh64(identity) ^ ((of_cell + 1) * 0x9E3779B97F4A7C15 & MASK))


def arrival(drawn):
    drawn |= 1
    zeros = 64 - drawn.bit_length()
    mantissa = drawn << zeros >> 32
    fraction = 0
    for _ in range(32):
        mantissa = mantissa * mantissa >> 31
        bit = mantissa >> 32
        mantissa >>= bit
        fraction = fraction << 1 | bit
    return (zeros + 1 << 32) - fraction


def ranking(services, value):
    """The services (key, id, weight) in whose turn a hash is, the one that is responsible first."""
    drawn = [(draw(identity, cell(value)), weight, key) for key, identity, weight in services if weight > 0]

    def order(one, other):
        left, right = arrival(one[0]) * other[1], arrival(other[0]) * one[1]
        if left != right:
            return -1 if left < right else 1
        if one[0] != other[0]:
            return -1 if one[0] > other[0] else 1
        return -1 if one[2] < other[2] else 1

    return [key for _, _, key in sorted(drawn, key=functools.cmp_to_key(order))]


def fleet(count, weight):
    return [(b"/game/%04d" % index, b"%04d" % index, weight(index)) for index in range(count)]


FLEETS = {
    "equal": fleet(20, lambda _: 1),
    "mixed": fleet(20, lambda index: (1, 2, 5, 100, 0)[index % 5]),
    "wide": fleet(100, lambda index: 1 + index * index * 1677 % 16777216),
    "large": fleet(300, lambda index: 1 + index % 3),
    "twins": [(b"/game/b", b"same", 3), (b"/game/a", b"same", 3), (b"/game/c", b"other", 2)],
}


def vectors():
    for text in ("", "a", "abc", "player-4711", "Grüße", "0123456789abcdef0123456789abcdef", "x" * 77):
        yield f"text {text or '-'} {xxh64(text.encode()):016x}"
    for number in (0, 1, 4711, 1 << 63, MASK):
        yield f"u64 {number} {xxh64(number.to_bytes(8, 'little')):016x}"
    for number in (-1, -4711, -(1 << 63)):
        yield f"i64 {number} {xxh64(number.to_bytes(8, 'little', signed=True)):016x}"
    for value in (0, 1, 0xFFFFFFFF, 1 << 63, MASK):
        yield f"cell {value:016x} {cell(value)}"
    for drawn in (0, 1, 2, 3, 1 << 31, (1 << 32) + 1, 1 << 63, 0xB504F333F9DE6484, 0xC000000000000000, MASK):
        yield f"arrival {drawn:016x} {arrival(drawn)}"
    for name, services in FLEETS.items():
        for number in range(12):
            value = xxh64(number.to_bytes(8, "little"))
            first = " ".join(key.decode() for key in ranking(services, value)[:3])
            yield f"first {name} {number} {first}"


def main():
    lines = list(vectors())
    if sys.argv[1:] == ["vectors"]:
        print("\n".join(lines))
        return
    if sys.argv[1:2] != ["check"] or not sys.argv[2:]:
        sys.exit(__doc__)
    for page in sys.argv[2:]:
        known = set(pathlib.Path(page).read_text(encoding="utf-8").splitlines())
        lost = [line for line in lines if line not in known]
        if lost:
            sys.exit(f"{page} lacks:\n" + "\n".join(lost))
    print(f"{len(lines)} vectors")


if __name__ == "__main__":
    main()
