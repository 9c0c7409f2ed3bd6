"""Latin letters that somebody can read on a page: in its text, titles and placeholders, and in what its charts draw."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

# all that may be written in Latin letters, by what it is; nothing else may
ALLOWED = {
    "file formats": "CSV|XLSX|JSON|PDF",
    "programs": "Excel|Word|SQL|Great Expectations|Kaplan–Meier",
    "megabytes": r"\d+ ?MB",
    "quarters": r"20\d\dQ[1-4]",
    "rules": r"\b[BDGQRW]\d{1,2}\b",
    "errors of spreadsheets": r"#[A-Z]+!|\d(?:\.\d+)?E\+\d+",
    "figures": r"\b[a-z]+\.[a-z_]+\b",
    "commands": r"\breentry(?: [a-z]+)*(?: --[a-z]+)?",
    "files": r"[\w/{}-]+\.(?:csv|xlsx|docx|md|pdf|json|XLSX|CSV)\b",
    "keys of rows": r"\b[A-Z]{2,4}[0-9X]{6,}\b|\d{6,}X\d*",
    "pulls and builds": r"\b\d{8}T\d{6}Z-[0-9a-f]+\b|\b\d{4}-zx-\d+\b",
    "grades of replies": "[ABC] ?类",
    "places in texts": r"\{[a-z]+\}",
    "accounts": "qulingdao|dafu|shenqian|zhiliang|sifasuo|guanli|ananke|anqianguanli",
}
_NAMES = re.compile("|".join(ALLOWED.values()))
_LATIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")
TEXTS = """() => {
    const found = [document.title];
    const seen = (e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const of = walk.currentNode.parentElement;
        if (!['STYLE', 'SCRIPT', 'NOSCRIPT'].includes(of.tagName) && seen(of)) found.push(walk.currentNode.data);
    }
    for (const e of document.querySelectorAll('[title], [placeholder], [alt]'))
        if (seen(e)) found.push(...['title', 'placeholder', 'alt'].map((name) => e.getAttribute(name) || ''));
    return found;
}"""
# the texts of every chart, from the options that it is drawn with; a chart without them is told as such
DRAWN = """() => [...document.querySelectorAll('[_echarts_instance_]')].flatMap((element) => {
    let of = Object.entries(element).find(([name]) => name.startsWith('__reactFiber$'))?.[1];
    while (of && !of.memoizedProps?.echartOptions) of = of.return;
    if (!of) return ['a chart without options'];
    const texts = [];
    const named = /^(name|text|subtext|data|value|source|target|links|nodes|series)$|Axis$|legend|title|visualMap/;
    const look = (option, depth) => {
        if (typeof option === 'string') texts.push(option);
        else if (depth < 9 && option && typeof option === 'object')
            for (const [key, value] of Object.entries(option))
                if (Array.isArray(option) || named.test(key)) look(value, depth + 1);
    };
    look(of.memoizedProps.echartOptions, 0);
    return texts;
})"""


def latin_on(page: Page) -> list[str]:
    """What is written on a page in Latin letters and is none of ALLOWED."""
    return latin_in(page.evaluate(TEXTS) + page.evaluate(DRAWN))


def latin_in(texts: list[Any]) -> list[str]:
    """The texts with Latin letters beyond what is ALLOWED, each once."""
    return sorted({str(text).strip() for text in texts if _LATIN.search(_NAMES.sub("", str(text)))})
