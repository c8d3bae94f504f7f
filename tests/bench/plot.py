"""A picture of how each measure stands to its goal: a bar for each, a line where the goal is."""

import re
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

ROW, LEFT, WIDTH, GOAL_AT = 26, 330, 1000, 0.5
GOOD, BAD, INK, PALE = "#2e7d4f", "#b3423a", "#222222", "#dddddd"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Write a PNG. The line is the goal; what reaches it, from either side, is green. Longer is better."""
    shown = [(row, _share(row)) for row in rows if row.get("goal")]
    picture = Image.new("RGB", (WIDTH, ROW * (len(shown) + 1) + 10), "white")
    canvas, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    goal = LEFT + (WIDTH - LEFT - 90) * GOAL_AT
    canvas.text((goal - 14, 4), "goal", INK, font)
    for place, (row, share) in enumerate(shown, start=1):
        top = ROW * place + 4
        end = LEFT + (WIDTH - LEFT - 90) * min(share * GOAL_AT, 1)
        main = row["value"] if row["ratio"] is None else row["ratio"]
        canvas.text((8, top), f"{row['name']}  {row['goal']}"[:44], INK, font)
        canvas.rectangle((LEFT, top, end, top + ROW - 8), GOOD if row["met"] else BAD)
        canvas.text((WIDTH - 82, top), f"{main:,.2f}", INK, font)
        canvas.line((goal, top - 4, goal, top + ROW - 4), INK, 2)
        canvas.line((8, top + ROW - 5, WIDTH - 8, top + ROW - 5), PALE)
    picture.save(path)


def _share(row: dict[str, Any]) -> float:
    """How much of its goal a row reaches; 1 is just reached."""
    sign, limit = re.findall(r"(>=|<=|>|<) ([0-9.]+)", str(row["goal"]))[0]
    main = float(row["value"] if row["ratio"] is None else row["ratio"])
    return main / float(limit) if sign.startswith(">") else float(limit) / max(main, 1e-9)
