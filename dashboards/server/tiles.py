"""Two kinds of tiles of ours, drawn with Superset's handlebars: ``cards`` (figures) and ``list`` (rows).

Both say below which window they show and as of when: the words come with the data, so they follow the filters.
Formats: docs/dashboards.md.
"""

from __future__ import annotations

from typing import Any

CARD_COLUMNS = (
    *("figure_id", "member", "value_text", "unit_text", "parts_text", "change_text", "tone", "note_zh", "ci_text"),
    *("wan_yuan_text", "previous_text", "window_text"),
)
WINDOW = "window_text"
NOTHING = "没有数据"
# the parts of a card below its number, in their order; a card shows those that it names
PARTS = {
    "parts": "<i>{{parts_text}}</i>",
    "interval": "{{#if ci_text}}<i>95%区间 {{ci_text}}</i>{{/if}}",
    "change": '{{#if change_text}}<b class="{{tone}}">同比 {{change_text}}</b>{{/if}}',
    "note": "{{#unless (eq note_zh change_text)}}<em>{{note_zh}}</em>{{/unless}}",
    "previous": "{{#if previous_text}}<i>上年同期 {{previous_text}}</i>{{/if}}",
}
SHOWN = ("parts", "change", "note")


def expanded(raw: dict[str, Any]) -> dict[str, Any]:
    """A chart's file with our kinds written as Superset's; others as they are."""
    make = {"cards": _cards, "list": _list}.get(raw.get("kind", ""))
    return make(raw) if make else raw


def _cards(raw: dict[str, Any]) -> dict[str, Any]:
    cards = raw["cards"]
    wanted = " or ".join(
        f"(figure_id = '{c['figure']}' and "
        + (f"member = '{c['member']}')" if "member" in c else "dimension is null and feed is null)")
        for c in cards
    )
    body = "".join(_card(c) for c in cards)
    return _handlebars(raw, f'<div class="cards">{body}</div>', list(CARD_COLUMNS), wanted)


def _card(card: dict[str, Any]) -> str:
    """One card. No blank may stand in its body: an empty one is how a page knows that there is no data."""
    value, unit = ("{{wan_yuan_text}}", "万元") if card.get("wan") else ("{{value_text}}", "{{unit_text}}")
    member = f' (eq member "{card["member"]}")' if "member" in card else ""
    chosen = f'(and (eq figure_id "{card["figure"]}"){member})' if member else f'(eq figure_id "{card["figure"]}")'
    shown = "".join(PARTS[part] for part in PARTS if part in card.get("show", SHOWN))
    inner = f"<strong>{value}<small>{unit}</small></strong>{shown}"
    classes = " ".join(
        ["card", *([card["colour"]] if "colour" in card else []), *(["alert"] if card.get("alert") else [])]
    )
    return (
        f'<div class="{classes}"><span>{card["title"]}</span>'
        f'<div class="said">{{{{#each data}}}}{{{{#if {chosen}}}}}{inner}{{{{/if}}}}{{{{/each}}}}</div></div>'
    )


def _list(raw: dict[str, Any]) -> dict[str, Any]:
    columns = raw["list"]
    heads = "".join(f'<th class="{_align(c)}">{c.get("title", "")}</th>' for c in columns)
    cells = "".join(
        f'<td class="{_align(c)}'
        + (f" {{{{{c['tone']}}}}}" if "tone" in c else "")
        + f'">{{{{{c["column"]}}}}}'
        + (f"<small>{c['unit']}</small>" if "unit" in c else "")
        + "</td>"
        for c in columns
    )
    rows = f"{{{{#each data}}}}<tr>{cells}</tr>{{{{/each}}}}"
    table = f'<table class="list"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    named = [*(c["column"] for c in columns), *(c["tone"] for c in columns if "tone" in c)]
    window = [WINDOW] if raw.get("params", {}).get("window", True) else []
    return _handlebars(raw, table, list(dict.fromkeys([*named, *window])), None)


def _align(column: dict[str, Any]) -> str:
    return str(column.get("align", "left"))


def _handlebars(raw: dict[str, Any], body: str, columns: list[str], wanted: str | None) -> dict[str, Any]:
    params = dict(raw.get("params", {}))
    has_window = params.pop("window", True)
    foot = "{{#with data.[0]}}<footer>{{window_text}}</footer>{{/with}}" if has_window else ""
    note = f"<footer>{raw['note']}</footer>" if "note" in raw else ""
    where_sql = " and ".join(f"({w})" for w in (raw.get("where_sql"), wanted) if w)
    kept = {k: v for k, v in raw.items() if k not in ("cards", "list", "note", "params", "where_sql", "kind")}
    return {
        **kept,
        **({"where_sql": where_sql} if where_sql else {}),
        "kind": "handlebars",
        "params": {
            "query_mode": "raw",
            "all_columns": columns,
            "row_limit": 1000,
            **params,
            "handlebarsTemplate": f'<div class="tile">{body}{note}{foot}</div>',
            "styleTemplate": "",
        },
    }
