"""Plots as SVG, by hand: lines over logarithmic axes, and groups of bars."""

import math
from xml.sax.saxutils import escape

COLOURS = {
    "json": "#1f77b4",
    "grpc": "#d62728",
    "before json": "#9ecae1",
    "before grpc": "#f4a3a3",
    "libcurl": "#7f7f7f",
    "nghttp2": "#bcbd22",
    "go": "#17becf",
}
WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 20, 50, 70


class Drawing:
    def __init__(self, title, unit):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        ]
        self.text(WIDTH / 2, 22, title, size=15)
        self.text(LEFT - 60, 40, unit, anchor="start")

    def text(self, x, y, text, anchor="middle", size=12):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
        )

    def line(self, x1, y1, x2, y2, colour="#dddddd", width=1):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'
        )

    def legend(self, names):
        step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
        for index, name in enumerate(names):
            x = LEFT + index * step
            self.parts.append(
                f'<rect x="{x:.1f}" y="{HEIGHT - 24}" width="12" height="12" fill="{colour(name)}"/>'
            )
            self.text(x + 18, HEIGHT - 14, name, anchor="start")

    def write(self, path):
        path.write_text("\n".join(self.parts) + "\n</svg>\n")


def colour(name):
    return COLOURS.get(name, "#8c564b")


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def lines(path, title, unit, series):
    """`series`: of each name its points, (how many, value); both axes are logarithmic."""
    series = {name: [point for point in points if point[1] > 0] for name, points in series.items()}
    points = [point for points in series.values() for point in points]
    if not points:
        return False
    low_x, high_x = (f(math.log10(x) for x, _ in points) for f in (min, max))
    low_y = math.floor(min(math.log10(y) for _, y in points))
    high_y = math.ceil(max(math.log10(y) for _, y in points))
    high_x, high_y = max(high_x, low_x + 1), max(high_y, low_y + 1)

    def place(x, y):
        return (
            LEFT + (math.log10(x) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM),
        )

    drawing = Drawing(title, unit)
    for power in range(low_y, high_y + 1):
        y = place(10**low_x, 10.0**power)[1]
        drawing.line(LEFT, y, WIDTH - RIGHT, y)
        drawing.text(LEFT - 6, y + 4, number(10.0**power), anchor="end")
    for power in range(math.ceil(low_x), math.floor(high_x) + 1):
        x = place(10**power, 10.0**low_y)[0]
        drawing.line(x, TOP, x, HEIGHT - BOTTOM)
        drawing.text(x, HEIGHT - BOTTOM + 18, f"{10**power:,}")
    for name, own in series.items():
        places = [place(x, y) for x, y in sorted(own)]
        path_text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawing.parts.append(
            f'<polyline points="{path_text}" fill="none" stroke="{colour(name)}" stroke-width="2"/>'
        )
        for x, y in places:
            drawing.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour(name)}"/>')
    drawing.legend(series)
    drawing.write(path)
    return True


def bars(path, title, unit, groups):
    """`groups`: of each name of a group the bars, by name (least, median, most)."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    most = max((values[2] for group in groups.values() for values in group.values()), default=0)
    if most <= 0:
        return False
    drawing = Drawing(title, unit)
    step = 10 ** math.floor(math.log10(most))
    if most / step < 3:
        step /= 2
    top = math.ceil(most / step) * step

    def height(value):
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    for index in range(round(top / step) + 1):
        drawing.line(LEFT, height(index * step), WIDTH - RIGHT, height(index * step))
        drawing.text(LEFT - 6, height(index * step) + 4, number(index * step), anchor="end")
    room = (WIDTH - LEFT - RIGHT) / len(groups)
    for place, (group, values) in enumerate(groups.items()):
        x = LEFT + place * room
        drawing.text(x + room / 2, HEIGHT - BOTTOM + 18, group)
        width = room * 0.8 / len(names)
        for index, name in enumerate(names):
            if name not in values:
                continue
            least, median, largest = values[name]
            at = x + room * 0.1 + index * width
            drawing.parts.append(
                f'<rect x="{at:.1f}" y="{height(median):.1f}" width="{width * 0.9:.1f}" '
                f'height="{HEIGHT - BOTTOM - height(median):.1f}" fill="{colour(name)}"/>'
            )
            middle = at + width * 0.45
            drawing.line(middle, height(least), middle, height(largest), colour="black")
            drawing.text(middle, height(largest) - 4, number(median), size=9)
    drawing.legend(names)
    drawing.write(path)
    return True
