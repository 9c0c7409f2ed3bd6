"""Kinds of tiles of ours, drawn with Superset's handlebars: ``cards`` (figures), ``list`` (rows), ``mosaic`` (places).

All say below which window they show and as of when: the words come with the data, so they follow the filters.
Formats: docs/dashboards.md.
"""

from __future__ import annotations

from typing import Any

from server.labels import title_of, titled

CARD_COLUMNS = (
    *("figure_id", "member", "value_text", "unit_text", "parts_text", "change_text", "tone", "ci_text"),
    *(
        "wan_yuan_text",
        "previous_text",
        "previous_same_lag_text",
        "note_text",
        "beside_text",
        "sources_zh",
        "previous_wan_text",
    ),
)
PERIOD, PLACE = "period_label", "township_name"  # what the two filters of a page choose
WINDOW, KNOWN = "window_text", "known_text"
# tells the tiles of the page that cannot say it themselves which day the data are of (tiles.css)
TELL = f':root {{ --known: "{{{{data.[0].{KNOWN}}}}}"; }}'
# the parts of a card below its number, in their order; a card shows those that it names
PARTS = {
    "parts": "<i>{{parts_text}}</i>",
    "interval": "{{#if ci_text}}<i>95%区间 {{ci_text}}</i>{{/if}}",
    "beside": "{{#if beside_text}}<i>{{beside_text}}</i>{{/if}}",
    "change": '{{#if change_text}}<b class="{{tone}}">同比 {{change_text}}</b>{{/if}}',
    "previous": "{{#if previous_text}}<i>上年同期 {{previous_text}}</i>{{/if}}",
    "note": "{{#if note_text}}<em>{{note_text}}</em>{{/if}}",
    "lag": "{{#if previous_same_lag_text}}<i>上年同期按同等滞后 {{previous_same_lag_text}}</i>{{/if}}",
}
SHOWN = ("parts", "beside", "change", "previous", "note")
INTERVAL = ("left", "width", "at")
STRIP = ("cells", "heads")


def expanded(raw: dict[str, Any], figures: dict[str, bool], leads: dict[str, str]) -> dict[str, Any]:
    """A chart's file with our kinds written as Superset's; others as they are.

    ``figures``: whether townships have a figure, for those there are. ``leads``: the page behind a figure's card, as
    ``slug#tile``, for those that another page says more of.
    """
    kind = raw.get("kind")
    if kind == "cards":
        return _cards(raw, figures, leads)
    return _list(raw) if kind == "list" else _mosaic(raw) if kind == "mosaic" else raw


def _cards(raw: dict[str, Any], figures: dict[str, bool], leads: dict[str, str]) -> dict[str, Any]:
    cards = raw["cards"]
    wanted = " or ".join(
        f"(figure_id = '{c['figure']}' and "
        + (f"member = '{c['member']}')" if "member" in c else "dimension is null and feed is null)")
        for c in cards
    )
    body = "".join(
        _card(c, by_township=figures[c["figure"]], lead=c.get("lead", leads.get(c["figure"]))) for c in cards
    )
    return _handlebars(raw, f'<div class="cards">{body}</div>', [*CARD_COLUMNS, PERIOD, PLACE], wanted)


def _card(card: dict[str, Any], *, by_township: bool, lead: str | None) -> str:
    """One card. No blank may stand in its body: an empty one is how a page knows that there is no data."""
    value, unit = ("{{wan_yuan_text}}", "万元") if card.get("wan") else ("{{value_text}}", "{{unit_text}}")
    member = f' (eq member "{card["member"]}")' if "member" in card else ""
    # without a member: the row of all of them, should rows of members be there too
    chosen = f'(and (eq figure_id "{card["figure"]}"){member or " (not member)"})'
    shown = "".join(PARTS[part] for part in PARTS if part in card.get("show", SHOWN))
    if card.get("wan"):
        shown = shown.replace("{{previous_text}}", "{{previous_wan_text}}")
    bad = ' class="{{#unless (eq value_text "0")}}bad{{/unless}}"' if card.get("alert") else ""
    inner = f"<strong{bad}>{_lead(lead, value) if lead else value}<span>{unit}</span></strong>{shown}"
    marks = [card.get("colour"), None if by_township else "whole"]
    classes = " ".join(["card", *(mark for mark in marks if mark)])
    sources = f"来源：{{{{#each data}}}}{{{{#if {chosen}}}}}{{{{sources_zh}}}}{{{{/if}}}}{{{{/each}}}}"
    return (
        f'<div class="{classes}"><span>{titled(card, f"时间：{{{{data.[0].{WINDOW}}}}}", sources)}</span>'
        f'<div class="said">{{{{#each data}}}}{{{{#if {chosen}}}}}{inner}{{{{/if}}}}{{{{/each}}}}</div></div>'
    )


def _list(raw: dict[str, Any]) -> dict[str, Any]:
    columns = raw["list"]
    heads = f"<thead><tr>{''.join(_head(c) for c in columns)}</tr></thead>" if _is_headed(columns) else ""
    cells = "".join(_cell(c) for c in columns)
    rows = f"{{{{#each data}}}}<tr>{cells}</tr>{{{{/each}}}}"
    classes = "list even" if raw.get("even") else "list"
    table = f'<table class="{classes}">{heads}<tbody>{rows}</tbody></table>'
    named = [
        c[key]
        for c in columns
        for key in ("column", "tone", "bar", "parts", "lead", "unless", *STRIP, *INTERVAL)
        if key in c
    ]
    named += [PERIOD, PLACE] if any(c.get("drill") or "lead" in c for c in columns) else []
    return _handlebars(raw, table, named, None)


def _is_headed(columns: list[dict[str, Any]]) -> bool:
    return any(title_of(c) or "heads" in c for c in columns)


def _head(column: dict[str, Any]) -> str:
    if "heads" in column:
        labels = f'{{{{#each (parseJson {column["heads"]})}}}}<th class="center">{{{{this}}}}</th>{{{{/each}}}}'
        return f"{{{{#with data.[0]}}}}{labels}{{{{/with}}}}"
    return f'<th class="{_align(column)}">{titled(column)}</th>'


def _cell(column: dict[str, Any]) -> str:
    """One cell of a row: a text, a bar before it; an interval by percents of the cell's width; a strip of colours."""
    if "cells" in column:
        return f'{{{{#each (parseJson {column["cells"]})}}}}<td class="strip {{{{this}}}}"></td>{{{{/each}}}}'
    if "left" in column:
        band = f'<span style="left:{{{{{column["left"]}}}}}%;width:{{{{{column["width"]}}}}}%"></span>'
        return f'<td class="interval"><div>{band}<s style="left:{{{{{column["at"]}}}}}%"></s></div></td>'
    tone = f" {{{{{column['tone']}}}}}" if "tone" in column else ""
    unit = f"<span>{column['unit']}</span>" if "unit" in column else ""
    bar = f'<div class="bar"><s style="width:{{{{{column["bar"]}}}}}%"></s></div>' if "bar" in column else ""
    said = f"{{{{formatNumber {column['column']}}}}}"
    parts = f'<span class="parts">{{{{{column["parts"]}}}}}</span>' if "parts" in column else ""
    said = f'<span class="share">{said}</span>' if parts else said
    if column.get("drill"):
        link = _drill(column["column"], said)
        said = f"{{{{#if {column['unless']}}}}}{said}{{{{else}}}}{link}{{{{/if}}}}" if "unless" in column else link
    elif "lead" in column:
        said = _lead(f"{{{{{column['lead']}}}}}#{column['tile']}", said)
    return f'<td class="{_align(column)}{tone}">{bar}{said}{unit}{parts}</td>'


def _drill(place: str, said: str) -> str:
    """A link to the same page and period with the row's township chosen: ``server.choice`` reads the address."""
    return f'<a href="{_query(place)}">{said}</a>'


def _lead(lead: str, said: str, place: str = PLACE) -> str:
    """A link to a tile of another page, ``slug#tile``, with the row's own period and place."""
    page, _, tile = lead.partition("#")
    return f'<a href="/superset/dashboard/{page}/{_query(place)}#CHART-{tile}">{said}</a>'


def _query(place: str) -> str:
    return f"?period={{{{{PERIOD}}}}}&amp;township={{{{{place}}}}}"


def _mosaic(raw: dict[str, Any]) -> dict[str, Any]:
    """One small field a row, its colour named by a column: well, some, much or none."""
    said = raw["mosaic"]
    lines = "".join(f"<i>{_lead(line['lead'], line['text'], said['title'])}</i>" for line in said.get("lines", []))
    title = _drill(said["title"], f"{{{{{said['title']}}}}}")
    field = f'<div class="field {{{{{said["grade"]}}}}}"><b>{title}</b>{lines}</div>'
    body = f'<div class="mosaic">{{{{#each data}}}}{field}{{{{/each}}}}</div>'
    return _handlebars(raw, body, [said["title"], said["grade"], PERIOD, PLACE, *said.get("columns", [])], None)


def _align(column: dict[str, Any]) -> str:
    return str(column.get("align", "left"))


def _handlebars(raw: dict[str, Any], body: str, columns: list[str], wanted: str | None) -> dict[str, Any]:
    params = dict(raw.get("params", {}))
    has_window, tells = params.pop("window", True), raw["kind"] == "cards" or raw.get("tells", False)
    foot = f'{{{{#with data.[0]}}}}<p class="window">{{{{{WINDOW}}}}}</p>{{{{/with}}}}' if has_window else ""
    said = raw.get("note", "")
    told = [said["column"]] if isinstance(said, dict) else []
    classes = "tile whole-district" if raw.get("whole") else "tile"
    note = f"<p>{{{{data.[0].{told[0]}}}}}</p>" if told else f"<p>{said}</p>" if said else ""
    where_sql = " and ".join(f"({w})" for w in (raw.get("where_sql"), wanted) if w)
    ours = ("cards", "list", "mosaic", "note", "tells", "params", "where_sql", "kind", "even", "whole")
    kept = {k: v for k, v in raw.items() if k not in ours}
    return {
        **kept,
        **({"where_sql": where_sql} if where_sql else {}),
        "kind": "handlebars",
        "params": {
            "query_mode": "raw",
            "all_columns": list(
                dict.fromkeys([*columns, *told, *([WINDOW] if has_window else []), *([KNOWN] if tells else [])])
            ),
            "row_limit": 1000,
            **params,
            "handlebarsTemplate": f'<div class="{classes}">{body}{note}{foot}</div>',
            "styleTemplate": TELL if tells else "",
        },
    }
