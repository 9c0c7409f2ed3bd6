"""The guard: no SQL of an asker's own, no address that no page needs, nothing of the machinery in an answer.

All inputs are harmless: an expression that is allowed anywhere, in a place where it does not belong.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook

from long import sample
from reentry.dashboards.browser import Session
from reentry.dashboards.printing import first_accounts
from served import OK, Answer, Served, Unguarded, charts_of, get, own_request, post, roles_file, rows_of, send, token_of

DATA = "/api/v1/chart/data"
JSON = {"Content-Type": "application/json"}
ROLES = {name: said for name, said in roles_file()["roles"].items() if not said.get("superset_role")}
SENTENCE = re.compile(r"这不是页面上的图表所用的查询（[^（）]+），没有执行：请在页面上用统计期、镇街和筛选查看。")
REFUSED = {301, 302, 308, 400, 401, 403, 404, 405, 422}
SQL = re.compile(rb"(?i)\bselect\b.{0,200}\bfrom\b|sqlExpression|\bwhere\b *\(|dimension is null|max\(value\)")
# keys whose values tell who has accounts, or how a query is made
MACHINERY = {
    "query",
    "sql",
    "select_star",
    "expression",
    "sqlExpression",
    "owners",
    "roles",
    "changed_by",
    "created_by",
}


def adhoc(sql: str) -> dict[str, Any]:
    """A metric or column of the asker's own."""
    return {"expressionType": "SQL", "sqlExpression": sql, "label": "n", "hasCustomLabel": True}


def places(sql: str, form: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where in a query an expression may be put; each is a change of the chart's own query."""
    own = own_request(form)["queries"][0]
    axis = {"columnType": "BASE_AXIS", "expressionType": "SQL", "sqlExpression": sql, "label": sql}
    first = own["columns"][0]
    yield "metric", {"metrics": [adhoc(sql)]}
    yield "second metric", {"metrics": [*own.get("metrics", []), adhoc(sql)]}
    yield "metric by name", {"metrics": [sql]}
    simple = {"expressionType": "SIMPLE", "aggregate": "MAX", "column": {"column_name": first}, "label": "n"}
    yield "metric of a column", {"metrics": [simple]}
    yield "column", {"columns": [*own["columns"], adhoc(sql)]}
    yield "column by name", {"columns": [*own["columns"], sql]}
    yield "axis", {"columns": [axis, *own["columns"][1:]]}
    yield "label of a column", {"columns": [{**axis, "sqlExpression": first}, *own["columns"][1:]]}
    yield "groupby", {"groupby": [adhoc(sql)]}
    yield "order", {"orderby": [[adhoc(sql), True]]}
    yield "order by name", {"orderby": [[sql, True]]}
    yield "filter column", {"filters": [*own["filters"], {"col": adhoc(sql), "op": "==", "val": "1"}]}
    yield "filter by name", {"filters": [*own["filters"], {"col": sql, "op": "==", "val": "1"}]}
    yield "filter of no page", {"filters": [*own["filters"], {"col": first, "op": "IS NOT NULL", "val": None}]}
    yield "where", {"extras": {"where": f"{sql} = {sql}"}}
    yield "where with no rows", {"extras": {"where": f"{sql} = {sql} AND (1 = 0)"}}
    yield "having", {"extras": {"having": f"{sql} = {sql}"}}
    yield "older where", {"where": f"{sql} = {sql}"}
    yield "dialect", {"extras": {"transpile_to_dialect": True}}
    yield "grain", {"extras": {"time_grain_sqla": sql}}
    yield "series", {"series_columns": [adhoc(sql)], "columns": [*own["columns"], adhoc(sql)]}
    yield "series limit", {"series_limit": 1, "series_limit_metric": adhoc(sql)}
    yield "granularity", {"granularity": sql}
    yield "time range", {"time_range": sql}
    yield "time shift", {"time_shift": sql}
    yield "offsets", {"time_offsets": [sql]}
    layer = {"name": "n", "annotationType": "EVENT", "sourceType": "line", "value": form["slice_id"], "show": True}
    yield "annotation", {"annotation_layers": [layer]}
    yield "post-processing", {"post_processing": [{"operation": "rename", "options": {"columns": {first: sql}}}]}
    yield "forecast", {"post_processing": [{"operation": "prophet", "options": {}}]}
    for kind in ("query", "samples", "drill_detail", "columns", "timegrains"):
        yield f"result {kind}", {"result_type": kind}


def forms(served: Served, role: str) -> dict[str, dict[str, Any]]:
    """The settings of a chart for each dataset of a role's pages."""
    session = served.session(role)
    return {f["datasource"]: f for slug in ROLES[role]["pages"] for f in charts_of(session, slug).values()}


def is_refused(answer: Answer) -> bool:
    """Whether an answer is the guard's one sentence, with status 400."""
    return answer.status == 400 and SENTENCE.fullmatch(answer.document["message"]) is not None


@pytest.mark.parametrize("role", ROLES)
def test_charts_answer_and_free_sql_does_not(served: Served, role: str) -> None:
    """Each dataset of the role, each place of a query: its chart's own query runs, any other is one sentence."""
    session, found = served.session(role), forms(served, role)
    for number, form in enumerate(found.values()):
        assert rows_of(post(session, DATA, own_request(form))) is not None
        expressions = ("max(rule)", "1") if number < sample(1, len(found)) else ()
        for sql in expressions or ("1",):
            for place, change in list(places(sql, form))[: None if expressions else 5]:
                answer = post(session, DATA, own_request(form, **change))
                assert is_refused(answer), f"{place}: {answer.status} {answer.body[:200]!r}"


@pytest.mark.parametrize("role", ROLES)
def test_a_query_names_its_chart(served: Served, role: str) -> None:
    """Without a chart, with another's, with another dataset, or of no page of the role: refused."""
    session, found = served.session(role), list(forms(served, role).values())
    request, other = own_request(found[0]), own_request(found[1])
    wrong = [
        {**request, "form_data": {}},
        {**request, "form_data": {"slice_id": found[1]["slice_id"]}},
        {**request, "form_data": {"slice_id": "1 or 1"}},
        {**request, "form_data": [1]},
        {**request, "datasource": other["datasource"]},
        {**request, "queries": other["queries"]},
        {**request, "queries": [{**request["queries"][0], "datasource": other["datasource"]}]},
        {**request, "form_data": {"native_filter_id": "NATIVE_FILTER-period", "dashboardId": 1}},
        {**request, "form_data": {"native_filter_id": "NATIVE_FILTER-nowhere-0", "dashboardId": 1}},
    ]
    for document in wrong:
        answer = post(session, DATA, document)
        assert is_refused(answer), answer.body[:200]
    own = {form["slice_id"] for slug in ROLES[role]["pages"] for form in charts_of(session, slug).values()}
    everything = {c["id"] for c in served.session("管理员").get("/api/v1/chart/?q=(page_size:100)")["result"]}
    for chart in everything:
        status = get(session, f"/api/v1/chart/{chart}/data/").status
        assert (status == OK) == (chart in own), f"{role}: chart {chart} gave {status}"


def test_a_request_asks_no_more_than_a_chart_does(served: Served) -> None:
    """The chart's own query three hundred times over keeps the database busy for whoever else asks."""
    session = served.session("区领导")
    asked = own_request(charts_of(session, "overview")["总体情况"])
    assert is_refused(post(session, DATA, {**asked, "queries": asked["queries"] * 300}))
    assert not is_refused(post(session, DATA, asked))


def test_filters_of_a_chart_cannot_be_left_out(served: Served) -> None:
    """A figure's chart without its figure, or with another one: refused; with a township and a period: answered."""
    role = "区领导"
    form = next(f for f in charts_of(served.session(role), "risk").values() if f["viz_type"].startswith("echarts"))
    filters = own_request(form)["queries"][0]["filters"]
    place = {"col": "township_name", "op": "IN", "val": ["全区"]}
    other = [{**f, "val": "register.on_register"} if f["col"] == "figure_id" else f for f in filters]
    assert len(rows_of(post(served.session(role), DATA, own_request(form, filters=[place, *filters])))) > 0
    for wrong in ([], filters[1:], other, [*filters, {"col": "figure_id", "op": "IN", "val": ["relief.grants"]}]):
        assert is_refused(post(served.session(role), DATA, own_request(form, filters=wrong)))


def test_conditions_are_added_by_the_server(served: Served) -> None:
    """The browser is not told a chart's SQL condition, and cannot leave it out: rows are those of the condition."""
    form = charts_of(served.session("区领导"), "overview")["总体情况"]
    asked = own_request(form, filters=[{"col": "township_name", "op": "IN", "val": ["全区"]}])
    shown = {row["figure_id"] for row in rows_of(post(served.session("区领导"), DATA, asked))}
    everything = served.published("select count(distinct figure_id) from figures where township_name = '全区'")[0][0]
    assert 1 < len(shown) < everything
    empty = own_request(form, extras={"where": "(1 = 0)"})
    assert rows_of(post(served.session("区领导"), DATA, empty)) == []


def test_administrators_are_not_held_to_it(served: Served) -> None:
    """An administrator asks what he likes, but for rows of persons."""
    admin, ids = served.session("管理员"), served.dataset_ids()
    count = {"columns": [], "metrics": [adhoc("count(*)")]}
    asked = {"queries": [count], "result_format": "json", "result_type": "full", "form_data": {}}
    answer = post(admin, DATA, {**asked, "datasource": {"id": ids["figures"], "type": "table"}})
    assert rows_of(answer) == [{"n": served.published("select count(*) from figures")[0][0]}]
    answer = post(admin, DATA, {**asked, "datasource": {"id": ids["roster_rows"], "type": "table"}})
    assert answer.status == 400 and "不看逐人的数据" in answer.document["message"]


def test_every_route_and_role(served: Served, unguarded: Unguarded) -> None:
    """Superset's own list of routes, all methods: what no page needs is closed to every role, and to nobody.

    A route that the next version of Superset brings is in the list, and closed until it is opened in ``guard.ROUTES``.
    """
    stranger = Session(served.address, CookieJar())
    roles = list(ROLES)[: sample(2, len(ROLES))]
    askers = {"nobody": stranger, **{role: served.session(role) for role in roles}}
    seen = 0
    for route in unguarded.routes():
        path = route["rule"]
        for name in re.findall(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", path):
            path = re.sub(rf"<[^<>]*\b{name}>", PLAUSIBLE.get(name, "1"), path)
        for method in route["methods"]:
            for role, session in askers.items():
                answer = ask(session, method, path)
                seen += 1
                shown = f"{role}: {method} {path} ({route['endpoint']}) gave {answer.status} {answer.body[:200]!r}"
                assert answer.status in REFUSED or route["endpoint"] in OPEN or is_our_own(route["endpoint"]), shown
                if path.startswith("/api/") and not path.startswith("/api/v1/me/"):  # that is the account itself
                    assert not SQL.search(answer.body) and told(answer.document) == [], shown
    assert seen > 1_000


PLAUSIBLE = {
    "id_or_slug": "overview",
    "dashboard_id_or_slug": "overview",
    "datasource_type": "table",
    "column_name": "owners",
    "filename": "error.html",
    "path": "error.html",
    "lang": "zh",
    "locale": "zh",
    "version": "v1",
}
# what answers at all: to nobody the log-in, to viewers their pages
OPEN = {
    *("static", "appbuilder.static", "reentry_static.static", "health.health"),
    *("SupersetIndexView.index", "SupersetAuthView.login", "AuthDBView.login", "SecurityRestApi.csrf_token"),
    *("CurrentUserRestApi.get_me", "CurrentUserRestApi.get_my_roles", "UserInfoView.list", "Superset.welcome"),
    *("Superset.dashboard", "Superset.language_pack", "Superset.log", "Api.time_range"),
    *("DashboardRestApi.get", "DashboardRestApi.get_list", "DashboardRestApi.get_charts"),
    *("DashboardRestApi.get_datasets", "DashboardRestApi.favorite_status", "DashboardRestApi.put_colors"),
    *("DashboardFilterStateRestApi.post", "ChartDataRestApi.get_data"),
}


def is_our_own(endpoint: str) -> bool:
    """Whether a page of ours answers: it has tests of its own."""
    return not endpoint.endswith(("Api", "RestApi")) and endpoint.split(".")[0] in OUR_PAGES


OUR_PAGES = {
    "own_pages",
    "AccountView",
    *(page.split(".")[0] for said in ROLES.values() for page in said.get("own_pages", [])),
}


def ask(session: Session, method: str, path: str) -> Answer:
    """One request, redirects not followed; log-outs left out: they would end the session of other tests."""
    if "logout" in path:
        return Answer(302, b"")
    headers = {"Accept": "application/json", "Referer": session.address + "/"}
    if cookies := "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.jar):
        headers["Cookie"] = cookies
        headers["X-CSRFToken"] = token_of(session)
    if method != "GET":
        headers["Content-Type"] = "application/json"
    connection = HTTPConnection(session.address.removeprefix("http://"), timeout=60)
    connection.request(method, path, None if method == "GET" else b"{}", headers)
    with connection.getresponse() as answer:
        return Answer(answer.status, answer.read())


def told(document: Any) -> list[str]:
    """Keys of an answer that tell how a query is made or who has accounts, and say something."""
    if isinstance(document, list):
        return [key for one in document for key in told(one)]
    if not isinstance(document, dict):
        return []
    own = [key for key, value in document.items() if key in MACHINERY and value]
    return own + [key for value in document.values() for key in told(value)]


def test_exports_are_on_the_log(served: Served) -> None:
    """A tile as CSV and XLSX, by both addresses and as a form: each with account, page, tile, period and rows."""
    session, title = served.session("答复经办"), "各类救助"
    form = charts_of(session, "support")[title]
    page = session.get("/api/v1/dashboard/support")["result"]
    chosen = [
        {"col": "period_label", "op": "IN", "val": ["2024年"]},
        {"col": "township_name", "op": "IN", "val": ["全区"]},
    ]
    asked = own_request({**form, "dashboardId": page["id"]}, filters=chosen)
    count = len(rows_of(post(session, DATA, asked)))
    before = len(entries(served))
    for kind in ("csv", "xlsx"):
        assert post(session, DATA, {**asked, "result_format": kind}).status == OK
    fields = urlencode({"form_data": json.dumps({**asked, "result_format": "csv"}), "csrf_token": token_of(session)})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": session.address + "/"}
    assert send(session, DATA, fields.encode(), headers).status == OK
    assert get(session, f"/api/v1/chart/{form['slice_id']}/data/?format=csv").status == OK
    new = [entry for entry in entries(served)[before:] if entry["action"] == "export"]
    assert [(e["who"], e["about"]["page"], e["about"]["tile"]) for e in new] == [("dafu", "救助帮扶", title)] * 4
    assert [(e["about"]["period"], e["about"]["rows"]) for e in new[:3]] == [("2024年", count)] * 3
    assert count > 0


@pytest.mark.parametrize("path", ["dashboard", "chart", "dataset", "saved_query", "theme", "database", "assets"])
def test_definitions_as_files_are_closed_or_on_the_log(served: Served, path: str) -> None:
    """Archives of pages, charts, datasets …: for the administrator alone, and then on the log."""
    address = f"/api/v1/{path}/export/" + ("" if path == "assets" else "?q=!(1)")
    for role in ("区领导", "答复经办", "数据质量", "管理员"):
        before = len(entries(served))
        answer = get(served.session(role), address)
        assert answer.status >= 400 or role == "管理员"
        _is_closed_or_entered(answer, entries(served)[before:], address.partition("?")[0])


def _is_closed_or_entered(answer: Answer, new: list[dict[str, Any]], address: str) -> None:
    exports = [e["about"]["address"] for e in new if e["action"] == "export"]
    assert exports == ([address] if answer.status == OK else []), answer.status


def test_pictures_are_on_the_log(served: Served) -> None:
    """What the browser reports when it made one: of a tile, of a page, and as PDF."""
    session = served.session("区领导")
    page = session.get("/api/v1/dashboard/overview")["result"]["id"]
    form = charts_of(session, "overview")["总体情况"]
    events = [
        {
            "event_name": "chart_download_as_image",
            "slice_id": form["slice_id"],
            "source": "dashboard",
            "source_id": page,
        },
        {"event_name": "dashboard_download_as_image", "source": "dashboard", "source_id": page},
        {"event_name": "dashboard_download_as_pdf", "source": "dashboard", "source_id": page},
    ]
    before = len(entries(served))
    body = urlencode({"events": json.dumps(events), "csrf_token": token_of(session)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": session.address + "/"}
    assert send(session, "/superset/log/?explode=events", body, headers).status == OK
    new = [e["about"] for e in entries(served)[before:]]
    assert [(e["page"], e["tile"], e["format"]) for e in new] == [
        ("总览", "总体情况", "图片"),
        ("总览", "", "图片"),
        ("总览", "", "PDF"),
    ]


def test_a_token_is_held_to_the_same(served: Served) -> None:
    """Who logs in by the API: a chart's own query is answered, free SQL and other addresses are not."""
    name, password = next((a[0], a[3]) for a in first_accounts(served.home) if a[1] == "区领导")
    stranger = Session(served.address, CookieJar())
    said = json.dumps({"username": name, "password": password, "provider": "db"}).encode()
    token = send(stranger, "/api/v1/security/login", said, JSON).document["access_token"]
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    form = charts_of(served.session("区领导"), "overview")["总体情况"]

    def asked(**more: Any) -> Answer:
        return send(stranger, DATA, json.dumps(own_request(form, **more)).encode(), headers)

    assert rows_of(asked())
    assert is_refused(asked(metrics=[adhoc("1")]))
    for address in ("/api/v1/database/", "/api/v1/dataset/", "/api/v1/chart/", "/api/v1/security/users/", "/sqllab/"):
        assert send(stranger, address, None, headers).status in REFUSED, address


def test_a_leader_takes_a_tile_away(served: Served) -> None:
    """As CSV with a byte order mark and Chinese titles; as a workbook with numbers and the figures' definitions."""
    session = served.session("区领导")
    form = charts_of(session, "overview")["总体情况"]
    chosen = [{"col": "township_name", "op": "IN", "val": ["全区"]}]
    asked = own_request(form, filters=[*own_request(form)["queries"][0]["filters"], *chosen])
    text = post(session, DATA, {**asked, "result_format": "csv"}).body
    assert text.startswith(codecs.BOM_UTF8)
    titles, *rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert "指标" in titles and not any(re.search("[A-Za-z]", title) for title in titles)
    names = [row[titles.index("指标")] for row in rows]
    assert "在册人数" in names and not any("." in name for name in names)
    said = [cell for row in rows for cell in row]
    assert not [cell for cell in said if re.match(r"'[+-]|\d+\.0$|\d+/\d+$", cell)]
    book = load_workbook(io.BytesIO(post(session, DATA, {**asked, "result_format": "xlsx"}).body))
    head, *lines = book["数据"].iter_rows(values_only=True)
    on_register = next(line for line in lines if line[head.index("指标")] == "在册人数")
    ((wanted,),) = served.published(
        "select distinct value from figures where figure_id = 'register.on_register' and township_name = '全区'"
        " and window_text = ?",
        [on_register[head.index("统计窗口")]],
    )
    assert on_register[head.index("数值")] == wanted
    about = {str(name): str(text) for name, text in book["说明"].iter_rows(values_only=True)}
    assert about["图表"] == "总体情况" and "在册" in about["在册人数"]


def test_workbooks_of_every_dataset(served: Served) -> None:
    """An administrator takes samples of each dataset away, those with two columns of one title too; but no persons."""
    for table, key in served.dataset_ids().items():
        samples = {"queries": [{"columns": [], "metrics": []}], "result_type": "samples", "result_format": "xlsx"}
        answer = post(served.session("管理员"), DATA, {**samples, "datasource": {"id": key, "type": "table"}})
        assert answer.status == (400 if table in ("roster_rows", "quality_rows") else OK), table


def test_refusals_are_on_the_log(served: Served) -> None:
    """One entry for a query that is refused: who, where, and which part of it."""
    session = served.session("区领导")
    form = charts_of(session, "overview")["总体情况"]
    before = len(entries(served))
    assert is_refused(post(session, DATA, own_request(form, metrics=[adhoc("1")])))
    (entry,) = entries(served)[before:]
    assert (entry["who"], entry["action"], entry["about"]) == (
        "qulingdao",
        "refuse",
        {"address": DATA, "part": "指标"},
    )


def test_filter_states_are_their_owners(served: Served) -> None:
    """The state of a page's filters is told to the account that chose it, and to no other."""
    owner, other = served.session("区领导"), served.session("答复经办")
    page = owner.get("/api/v1/dashboard/overview")["result"]["id"]
    made = post(owner, f"/api/v1/dashboard/{page}/filter_state", {"value": "{}"})
    assert made.status == 201 or made.status == OK
    address = f"/api/v1/dashboard/{page}/filter_state/{made.document['key']}"
    assert get(owner, address).status == OK
    assert get(other, address).status == 404


def entries(served: Served) -> list[dict[str, Any]]:
    """The log, as it lies on the disk."""
    text = (served.home.path / "audit" / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
