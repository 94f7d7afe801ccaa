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


def murmur3(data, seed):
    """MurmurHash3 x64 128: its two halves."""
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    h1 = h2 = seed
    whole = len(data) // 16 * 16
    padded = data + bytes(-len(data) % 16)
    for at in range(0, len(padded), 16):
        k1 = int.from_bytes(padded[at : at + 8], "little")
        k2 = int.from_bytes(padded[at + 8 : at + 16], "little")
        h1 ^= rotate(k1 * c1 & MASK, 31) * c2 & MASK
        if at < whole:
            h1 = ((rotate(h1, 27) + h2) * 5 + 0x52DCE729) & MASK
        h2 ^= rotate(k2 * c2 & MASK, 33) * c1 & MASK
        if at < whole:
            h2 = ((rotate(h2, 31) + h1) * 5 + 0x38495AB5) & MASK

    def finish(value):
        value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & MASK
        value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & MASK
        return value ^ value >> 33

    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    h1, h2 = finish(h1), finish(h2)
    h1 = (h1 + h2) & MASK
    return h1, (h2 + h1) & MASK


def check_murmur3():
    """The verification value that SMHasher, which is by the author of MurmurHash3, has for this variant, and a hash that
    is known everywhere."""
    hashes = b"".join(
        half.to_bytes(8, "little") for length in range(256) for half in murmur3(bytes(range(length)), 256 - length)
    )
    fox = murmur3(b"The quick brown fox jumps over the lazy dog", 0)
    if murmur3(hashes, 0)[0] & 0xFFFFFFFF != 0x6384BA69 or fox != (0xE34BBC7BBC071B6C, 0x7A433CA9C49A9347):
        sys.exit("this is not MurmurHash3 x64 128")


def number_of(identity):
    """The id as a decimal number below 2^64; 0 if it is none."""
    number = int(identity) if identity.isdigit() else 0
    return number if number <= MASK else 0


def ring(services, kind):
    """The points of the services (key, id, name, revision), each with the key that has it."""
    there = []
    for key, identity, name, revision in sorted(services, key=lambda one: (one[3], one[0])):
        node = (number_of(identity), name, key)
        there = [one for one in there if not (one[0] == node[0] != 0 or one[1] == node[1] != b"")]
        there.append(node)
    points = []
    for number, name, key in there:
        by_id, by_name = {
            "id_and_name": (40 if number else 0, 40 if name else 0),
            "name": (80 if number and not name else 0, 80 if name else 0),
        }[kind]
        order = (number, murmur3(name, 0x01000193), name)
        points += [(murmur3(number.to_bytes(8, "little"), seed), order, key) for seed in range(by_id)]
        points += [(murmur3(name, seed), order, key) for seed in range(by_name)]
    return sorted(points)


def ring_ranking(points, value):
    """The keys whose points follow a hash, each once."""
    after = [point for point in points if point[0] >= value]
    return list(dict.fromkeys(key for _, _, key in after + points))


RINGS = {
    # Ids and names as the atframework makes them.
    "both": [
        (b"/game/by_id/game-%d-%d" % (index, 0x1010000 + index), b"%d" % (0x1010000 + index), b"game-%d" % index, 1)
        for index in range(20)
    ],
    # Some without an id, some without a name, one without either, and those whose id or name somebody else has later.
    "odd": [
        (b"/game/a", b"7", b"", 1),
        (b"/game/b", b"", b"lobby", 2),
        (b"/game/c", b"nine", b"", 3),
        (b"/game/d", b"18446744073709551615", b"deep", 4),
        (b"/game/e", b"18446744073709551616", b"wide", 5),
        (b"/game/f", b"0", b"zero", 6),
        (b"/game/g", b"11", b"first", 9),
        (b"/game/h", b"11", b"second", 8),
        (b"/game/i", b"12", b"second", 7),
        (b"/game/j", b"13", b"first", 10),
        (b"/game/k", b"+14", b"", 11),
    ],
    # What two points have in common: the id of one has the bytes of the other's name.
    "shared": [
        (b"/game/a", b"", b"abcdefgh", 1),
        (b"/game/b", b"%d" % int.from_bytes(b"abcdefgh", "little"), b"", 2),
    ],
}


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
    for seed, text in ((0, ""), (1, ""), (0, "a"), (0x01000193, "player-4711"), (0x01000193, "Grüße")):
        yield f"murmur {seed} {text or '-'} " + "%016x %016x" % murmur3(text.encode(), seed)
    for length in range(14, 18):
        yield f"murmur 39 {'x' * length} " + "%016x %016x" % murmur3(b"x" * length, 39)
    for seed, number in ((0, 0), (0x01000193, 4711), (0x01000193, MASK)):
        yield f"murmur_u64 {seed} {number} " + "%016x %016x" % murmur3(number.to_bytes(8, "little"), seed)
    for name, services in RINGS.items():
        for kind in ("id_and_name", "name"):
            points = ring(services, kind)
            for number in range(12):
                found = ring_ranking(points, murmur3(number.to_bytes(8, "little"), 0x01000193))
                first = " ".join(key.decode() for key in found[:3])
                yield f"ring {name} {kind} {number} {first}"


def main():
    check_murmur3()
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
