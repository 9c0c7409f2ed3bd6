"""Name, mark, colours and type of the dashboards: quiet, official, readable on a projector."""

from __future__ import annotations

from typing import Any

NAME = "安置帮教数据看板"
MARK, ICON = "/reentry-static/mark.svg", "/reentry-static/icon.svg"
SPINNER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="32" height="32"><circle cx="12" cy="12" r="9"'
    ' fill="none" stroke="#1f4e79" stroke-width="2" stroke-dasharray="40 18"><animateTransform'
    ' attributeName="transform" type="rotate" from="0 12 12" to="360 12 12" dur="1.2s" repeatCount="indefinite"/>'
    "</circle></svg>"
)
FONT = "'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', 'Source Han Sans SC', sans-serif"
BLUE, RED, ORANGE, YELLOW, GREEN, GREY = "#1f4e79", "#c0392b", "#d9822b", "#d4ac0d", "#3b7d5c", "#8a949e"

# the newest period, which may not be over and says so, always has its label
LAST_LABEL = {"xAxis": {"axisLabel": {"showMaxLabel": True, "alignMaxLabel": "right", "hideOverlap": True}}}

THEME: dict[str, Any] = {
    "algorithm": "default",
    "echartsOptionsOverridesByChartType": {
        "echarts_timeseries_bar": LAST_LABEL,
        "echarts_timeseries_line": LAST_LABEL,
    },
    "token": {
        "brandAppName": NAME,
        "brandLogoAlt": NAME,
        "brandLogoUrl": MARK,
        "brandLogoHref": "/",
        "brandLogoHeight": "28px",
        "brandLogoMargin": "14px 0",
        "brandIconMaxWidth": 240,
        "brandSpinnerUrl": None,
        "brandSpinnerSvg": SPINNER,
        "colorPrimary": BLUE,
        "colorLink": BLUE,
        "colorError": RED,
        "colorWarning": ORANGE,
        "colorSuccess": GREEN,
        "colorInfo": BLUE,
        "colorBgLayout": "#f3f5f7",
        "borderRadius": 3,
        "borderRadiusLG": 4,
        "borderRadiusSM": 2,
        "fontUrls": [],
        "fontFamily": FONT,
        "fontFamilyCode": f"'Noto Sans Mono CJK SC', {FONT}",
        "fontSizeXS": "10",
        "fontSizeXXL": "28",
        "fontWeightNormal": "400",
        "fontWeightLight": "300",
        "fontWeightStrong": "500",
        "fontWeightBold": "700",
        "transitionTiming": 0.2,
    },
}

CATEGORICAL: list[dict[str, Any]] = [
    {
        "id": "reentry",
        "label": NAME,
        "description": "",
        "isDefault": True,
        # red means bad: no series is red by chance
        "colors": [BLUE, "#6f9bc4", GREEN, "#b08d57", "#7a6a9b", GREY, "#4b8f9e", "#9aa55b", "#b57f9d", "#55616d"],
    }
]
SEQUENTIAL: list[dict[str, Any]] = [
    {
        "id": "reentry_blue",
        "label": "由浅到深",
        "description": "",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#eef3f8", "#c5d6e6", "#8fb0cf", "#4f81b0", BLUE],
    },
    {
        "id": "reentry_red",
        "label": "由绿到红",
        "description": "",
        "isDiverging": True,
        "isDefault": False,
        "colors": ["#dfece5", "#f4f1e4", "#f3d9c0", "#dd9a80", RED],
    },
]
