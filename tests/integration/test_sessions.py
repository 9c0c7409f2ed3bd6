"""Sessions, passwords, wrong log-ins and headers, over HTTP on the server that all share."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import re
import secrets
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from reentry.dashboards.browser import Session, log_in
from reentry.dashboards.printing import first_accounts
from reentry.dashboards.superset import ask
from served import OK, Answer, Served, copy_of, get, post, token_of

ADMIN, ROLE = "管理员", "区领导"
UNAUTHORIZED, TOO_MANY = 401, 429
ME = "/api/v1/me/"
USERS = "/api/v1/security/users/"
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass
class Account:
    """An account of its own for a test."""

    pk: int
    name: str
    password: str


@pytest.fixture
def account(served: Served) -> Account:
    """A new account of a role that reads pages."""
    return make_account(served, f"user{secrets.token_hex(4)}")


def make_account(served: Served, name: str) -> Account:
    """Made as an administrator does in the browser."""
    password = secrets.token_urlsafe(12)
    role = served.session(ADMIN).get("/api/v1/security/roles/?q=(page_size:100)")["result"]
    document = {
        "username": name,
        "first_name": "张三丰",
        "last_name": "",
        "email": f"{name}@example.org",
        "active": True,
        "roles": [one["id"] for one in role if one["name"] == ROLE],
        "password": password,
    }
    answer = post(served.session(ADMIN), USERS, document)
    assert answer.status == OK, answer.body
    return Account(answer.document["id"], name, password)


def put(session: Session, path: str, document: Any) -> Answer:
    """PUT as JSON with the session's token."""
    headers = {"Content-Type": "application/json", "X-CSRFToken": token_of(session), "Referer": session.address + "/"}
    return ask_as("PUT", session, path, json.dumps(document).encode(), headers)


def ask_as(method: str, session: Session, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
    """One request by any method, redirects not followed; from an address of the session's own.

    So many wrong passwords from one address would hold off all tests.
    """
    source = (f"127.0.1.{2 + id(session) % 250}", 0)
    connection = http.client.HTTPConnection(session.address.removeprefix("http://"), timeout=60, source_address=source)
    cookies = "; ".join(f"{c.name}={c.value}" for c in session.jar)
    connection.request(method, path, data, {"Cookie": cookies, **headers})
    answer = connection.getresponse()
    return Answer(answer.status, answer.read())


def post_form(session: Session, path: str, **fields: str) -> Answer:
    """A form with the session's token, redirects not followed."""
    data = urllib.parse.urlencode({"csrf_token": token_of(session), **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": session.address + "/"}
    return ask_as("POST", session, path, data, headers)


def token_log_in(
    served: Served, name: str, password: str, *, source: str = "127.0.0.1", headers: dict[str, str] | None = None
) -> Answer:
    """A log-in by API, from one of this machine's addresses."""
    document = {"username": name, "password": password, "provider": "db", "refresh": True}
    address = served.address.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=60, source_address=(source, 0))
    said = {"Content-Type": "application/json", **(headers or {})}
    connection.request("POST", "/api/v1/security/login", json.dumps(document), said)
    answer = connection.getresponse()
    return Answer(answer.status, answer.read())


# how all sessions of an account end: by itself in a session, by an administrator, by a command


def by_log_out(served: Served, account: Account, session: Session) -> None:
    """The account logs out in one of its browsers."""
    del served, account
    session.read("/logout/")


def by_own_change(served: Served, account: Account, session: Session) -> None:
    """The account changes its password on its page."""
    del served
    account.password, old = secrets.token_urlsafe(12), account.password
    answer = post_form(session, "/account/", old_password=old, password=account.password, again=account.password)
    assert answer.status == OK and "密码已更改" in answer.body.decode()


def by_own_call(served: Served, account: Account, session: Session) -> None:
    """The account changes its password by API."""
    del served
    account.password, old = secrets.token_urlsafe(12), account.password
    answer = put(session, ME, {"old_password": old, "password": account.password})
    assert answer.status == OK, answer.body


def by_administrator(served: Served, account: Account, session: Session) -> None:
    """An administrator sets another password on the page of accounts."""
    del session
    account.password = secrets.token_urlsafe(12)
    answer = put(served.session(ADMIN), f"{USERS}{account.pk}", {"password": account.password})
    assert answer.status == OK, answer.body


def by_older_form(served: Served, account: Account, session: Session) -> None:
    """An administrator sets another password on Flask-AppBuilder's form."""
    del session
    account.password = secrets.token_urlsafe(12)
    fields = {"password": account.password, "conf_password": account.password}
    post_form(served.session(ADMIN), f"/resetpassword/form?pk={account.pk}", **fields)


def by_command(served: Served, account: Account, session: Session) -> None:
    """`reentry users password`."""
    del session
    account.password = ask(served.home, served.vault, "users-password", said={"name": account.name})["password"]


def by_disabling(served: Served, account: Account, session: Session) -> None:
    """An administrator disables the account, and enables it again."""
    del session
    for active in (False, True):
        assert put(served.session(ADMIN), f"{USERS}{account.pk}", {"active": active}).status == OK


def by_deletion(served: Served, account: Account, session: Session) -> None:
    """An administrator deletes the account, and makes another of the same name (SQLite: and number)."""
    del session
    admin = served.session(ADMIN)
    headers = {"X-CSRFToken": token_of(admin), "Referer": admin.address + "/"}
    assert ask_as("DELETE", admin, f"{USERS}{account.pk}", None, headers).status == OK
    account.password = make_account(served, account.name).password


ENDS = (by_log_out, by_own_change, by_own_call, by_administrator, by_older_form, by_command, by_disabling, by_deletion)


@pytest.mark.parametrize("end", ENDS)
def test_all_sessions_end(served: Served, account: Account, end: Callable[[Served, Account, Session], None]) -> None:
    """Copied cookies, the other browser's and tokens are worth nothing from that moment on; a new log-in is."""
    here, there = (log_in(served.address, account.name, account.password) for _ in range(2))
    copies = [copy_of(session) for session in (here, there)]
    tokens = token_log_in(served, account.name, account.password).document
    assert [get(session, ME).status for session in (*copies, there)] == [OK] * 3
    assert with_token(served, ME, tokens["access_token"]).status == OK
    end(served, account, here)
    assert [get(session, ME).status for session in (*copies, here, there)] == [UNAUTHORIZED] * 4
    assert b'id="pulls"' not in copies[0].read("/replies/")
    assert where(copies[1], "/superset/dashboard/overview/").startswith("/login/")
    assert with_token(served, ME, tokens["access_token"]).status == UNAUTHORIZED
    again = with_token(served, "/api/v1/security/refresh", tokens["refresh_token"], method="POST")
    assert again.status == UNAUTHORIZED, again.body
    assert get(log_in(served.address, account.name, account.password), ME).status == OK


def where(session: Session, path: str) -> str:
    """Where an address sends a session."""
    connection = http.client.HTTPConnection(session.address.removeprefix("http://"), timeout=60)
    connection.request("GET", path, headers={"Cookie": "; ".join(f"{c.name}={c.value}" for c in session.jar)})
    return urllib.parse.urlparse(connection.getresponse().getheader("Location") or "").path


def with_token(served: Served, path: str, token: str, *, method: str = "GET") -> Answer:
    """One request with a token of the API."""
    stranger = Session(served.address, http.cookiejar.CookieJar())
    return ask_as(method, stranger, path, None, {"Authorization": f"Bearer {token}"})


def test_a_log_in_changes_the_cookie(served: Served, account: Account) -> None:
    """A cookie that somebody put into the browser before the log-in is not the one after it."""
    session = Session(served.address, http.cookiejar.CookieJar())
    session.read("/login/")
    before = copy_of(session)
    token = re.search(r'id="csrf_token"[^>]*value="([^"]+)"', session.read("/login/").decode())
    assert token
    form = {"username": account.name, "password": account.password, "csrf_token": token[1]}
    session.read("/login/", urllib.parse.urlencode(form).encode(), {"Referer": served.address + "/login/"})
    assert get(session, ME).status == OK
    assert get(before, ME).status == UNAUTHORIZED


BAD = ("", " " * 12, "\0" * 12, "short77", "{name}-and-more", "XX{upper}XX", "密码张三丰密码密码", "x" * 200)


@pytest.mark.parametrize("bad", BAD)
def test_bad_passwords_are_refused(served: Served, account: Account, bad: str) -> None:
    """Empty, short, endless, or with a name in it: by every way, with one Chinese sentence, and nothing changes."""
    bad = bad.format(name=account.name, upper=account.name.upper())
    session, admin = log_in(served.address, account.name, account.password), served.session(ADMIN)
    new = {"username": f"n{account.name}", "first_name": account.name, "last_name": "张三丰", "email": "n@example.org"}
    answers = [
        put(session, ME, {"old_password": account.password, "password": bad}),
        post_form(session, "/account/", old_password=account.password, password=bad, again=bad),
        put(admin, f"{USERS}{account.pk}", {"password": bad}),
        post_form(admin, f"/resetpassword/form?pk={account.pk}", password=bad, conf_password=bad),
        post(admin, USERS, {**new, "roles": [1], "active": True, "password": bad}),
    ]
    for number, answer in enumerate(answers):
        said = answer.body.decode() if answer.document is None else answer.document["message"]
        assert answer.status in (OK, 400) and CHINESE.search(said), (number, answer)
        assert answer.status == 400 or ('role="alert"' in said and "密码" in said), (number, answer)
    assert get(session, ME).status == OK
    assert token_log_in(served, account.name, account.password).status == OK


def test_the_old_password_is_asked(served: Served, account: Account) -> None:
    """By no way an account changes its own password without the old one; wrong ones count as wrong log-ins."""
    session = log_in(served.address, account.name, account.password)
    new = secrets.token_urlsafe(12)
    assert put(session, ME, {"password": new}).status == 400
    assert post_form(session, "/resetmypassword/form", password=new, conf_password=new).status == 403
    wrong = [put(session, ME, {"old_password": old, "password": new}).status for old in ("", None, "1", "2", "3", "4")]
    assert wrong == [400] * 5 + [TOO_MANY]
    assert put(session, ME, {"old_password": account.password, "password": new}).status == TOO_MANY
    assert token_log_in(served, account.name, new).status == UNAUTHORIZED
    assert token_log_in(served, account.name, account.password).status == OK


def test_an_administrators_own_password_is_no_exception(served: Served) -> None:
    """The page of accounts sets others' passwords, not one's own."""
    admin = served.session(ADMIN)
    name = next(a[0] for a in first_accounts(served.home) if a[1] == ADMIN)
    found = admin.get(f"{USERS}?q=" + urllib.parse.quote(f"(filters:!((col:username,opr:eq,value:{name})))"))["result"]
    answer = put(admin, f"{USERS}{found[0]['id']}", {"password": secrets.token_urlsafe(12)})
    assert (answer.status, answer.document["message"][:5]) == (403, "自己的密码")


def test_nobody_changes_the_name_that_others_see(served: Served, account: Account) -> None:
    """Neither by API nor by form."""
    session = log_in(served.address, account.name, account.password)
    for document in (
        {"first_name": "局长"},
        {"last_name": "局长"},
        {"first_name": "局长", "password": "long-enough-1"},
    ):
        answer = put(session, ME, document)
        assert answer.status in (400, 403) and CHINESE.search(answer.document["message"])
    assert post_form(session, "/userinfoeditview/form", first_name="局长", last_name="局长").status == 403
    assert session.get(ME)["result"]["first_name"] == "张三丰"


def test_a_first_password_is_forgotten_once_it_is_changed(served: Served, account: Account) -> None:
    """Its line leaves the file, whoever changes it; the others stay, and the file is its owner's alone."""
    path = served.home.superset / "accounts.txt"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}{account.name}\t{ROLE}\t\t{account.password}\n", encoding="utf-8")
    by_own_call(served, account, log_in(served.address, account.name, account.password))
    assert path.read_text(encoding="utf-8") == before
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(f"{before}{account.name}\t{ROLE}\t\t{account.password}\n", encoding="utf-8")
    by_administrator(served, account, served.session(ADMIN))
    assert path.read_text(encoding="utf-8") == before


def test_one_counter_for_an_account(served: Served, account: Account) -> None:
    """Name, mail address, case, blanks, full width: five wrong ones together, and then not the right one either."""
    mail = f"{account.name}@example.org"
    wide = account.name.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
    typed = [account.name, mail.upper(), f"  {account.name.upper()} ", wide, mail]
    here = "127.0.0.2"
    statuses = [token_log_in(served, name, "wrong-password", source=here).status for name in typed]
    assert statuses == [UNAUTHORIZED] * 5
    for name in (account.name, mail, account.name.title(), f"{account.name}\t"):
        held_off = token_log_in(served, name, account.password, source=here)
        assert held_off.status == TOO_MANY and CHINESE.search(held_off.body.decode())
    assert token_log_in(served, account.name, account.password, source="127.0.0.3").status == OK


def test_forwarding_headers_give_no_new_tries(served: Served, account: Account) -> None:
    """An address that a client makes up is not believed."""
    for number in range(6):
        made_up = f"192.0.2.{number}"
        headers = {"X-Forwarded-For": made_up, "X-Real-IP": made_up, "Forwarded": f"for={made_up}"}
        answer = token_log_in(served, account.name, "wrong-password", source="127.0.0.4", headers=headers)
        assert answer.status == (UNAUTHORIZED if number < 5 else TOO_MANY), number


def test_of_many_at_once_five_are_looked_at(served: Served, account: Account) -> None:
    """24 wrong passwords in the same moment, by two processes."""
    with ThreadPoolExecutor(24) as threads:
        tries = [threads.submit(token_log_in, served, account.name, f"{n}", source="127.0.0.5") for n in range(24)]
    statuses = sorted(one.result().status for one in tries)
    assert statuses == [UNAUTHORIZED] * 5 + [TOO_MANY] * 19


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "", "evil, localhost"]
)
def test_only_known_hosts_are_answered(served: Served, host: str) -> None:
    """400 and one sentence, whatever the path: nothing that names the other host."""
    for path in ("/login/", "/", ME, "/static/assets/images/favicon.png"):
        answer = raw(served, path, host)
        assert answer.status == 400 and CHINESE.search(answer.body.decode()) and b"evil" not in answer.body
    assert raw(served, "/login/", "LOCALHOST:8088").status == OK


def raw(served: Served, path: str, host: str) -> Answer:
    """One request with a `Host` of its own."""
    connection = http.client.HTTPConnection(served.address.removeprefix("http://"), timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    return Answer(answer.status, answer.read())


PAGES = (
    "/login/",
    "/account/",
    ME,
    "/superset/dashboard/overview/",
    "/api/v1/dashboard/overview",
    "/api/v1/dashboard/overview/charts",
    "/api/v1/chart/1/data/",
    "/replies/",
    "/checks/",
    "/reentry/pages",
    "/nothing-here",
)
FILES = ("/reentry-static/page.css", "/superset/language_pack/zh/", "/static/assets/images/favicon.png")


def test_no_page_is_kept_and_no_other_origin_reads(served: Served) -> None:
    """Pages and answers are `no-store`, the program's own files may be kept; no answer names another origin."""
    for role in (ADMIN, ROLE):
        for path in (*PAGES, *FILES):
            headers = headers_of(served.session(role), path)
            assert ("no-store" in headers.get("Cache-Control", "")) == (path in PAGES), (path, headers)
            assert not [name for name in headers if name.lower().startswith("access-control")], path
            assert "Server" not in headers, path


def headers_of(session: Session, path: str) -> dict[str, str]:
    """What an address answers to a page of elsewhere."""
    connection = http.client.HTTPConnection(session.address.removeprefix("http://"), timeout=60)
    cookies = "; ".join(f"{c.name}={c.value}" for c in session.jar)
    connection.request("GET", path, headers={"Cookie": cookies, "Origin": "https://tile.openstreetmap.org"})
    answer = connection.getresponse()
    answer.read()
    return dict(answer.getheaders())


def test_incomplete_requests_are_the_askers_fault(served: Served) -> None:
    """What lacks something is answered with 4xx and one Chinese sentence, as an administrator too."""
    key = served.dataset_ids()["figures"]
    source = {"id": key, "type": "table"}
    bodies: list[Any] = [{}, [], None, {"queries": []}, {"datasource": source}, {"datasource": source, "queries": [1]}]
    for other in (source, f"{key}__table", key, None, {"id": 999_999, "type": "table"}):
        bodies.append({"datasource": source, "queries": [{"columns": [], "metrics": ["count"], "datasource": other}]})
    query = {"datasource": source, "queries": [{"columns": [], "metrics": []}]}
    bodies += [{**query, "result_format": "csv", "result_type": kind} for kind in ("query", "columns", "timegrains")]
    for role in (ADMIN, ROLE):
        session = served.session(role)
        answers = [get(session, path) for path in ("/lang/en", "/lang/xx", "/api/v1/database/oauth2/")]
        answers += [get(session, f"/api/v1/time_range/{question}") for question in ("", "?q=", "?q=Last%20week")]
        for view in ("users", "roles", "groups"):
            answers += [post_form(session, f"/{view}/action/{name}/1") for name in ("x", "copy")]
            answers.append(post_form(session, f"/{view}/action_post"))
        answers += [post(session, "/api/v1/chart/data", body) for body in bodies]
        answers.append(post_form(session, "/api/v1/chart/data"))
        for number, answer in enumerate(answers):
            assert 400 <= answer.status < 500, (role, number, answer)
            said = answer.document["message"] if answer.document else answer.body.decode()  # or a page of ours
            assert CHINESE.search(said), (role, number, answer)


def test_what_breaks_is_said_in_chinese(served: Served) -> None:
    """To scripts of an administrator's pages too."""
    answer = get(served.session("管理员"), "/superset/fetch_datasource_metadata?datasourceKey=abc")
    assert answer.status >= 500
    assert answer.document == {"message": "系统出错了。请稍后再试；仍然出错时请告诉管理员。"}


def test_rows_as_a_workbook(served: Served) -> None:
    """Rows whose columns have one title, and a table that Superset would reshape: files as any other."""
    admin = served.session(ADMIN)
    source = {"id": served.dataset_ids()["figures"], "type": "table"}
    for kind in ("samples", "drill_detail", "post_processed", "full"):
        query = {"columns": ["period_id"], "metrics": [], "row_limit": 10}
        document = {"datasource": source, "queries": [query], "result_format": "xlsx", "result_type": kind}
        answer = post(admin, "/api/v1/chart/data", {**document, "form_data": {"viz_type": "table"}})
        assert (answer.status, answer.body[:2]) == (OK, b"PK"), (kind, answer.body[:200])


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "报" * 100 + ".csv", "x\0y.csv", "a\x7fb.csv", "/", "."])
def test_upload_names_that_no_file_can_have(served: Served, name: str) -> None:
    """The page 报送预检 says so, whatever is chosen in its form."""
    session, edge = served.session("数据质量"), "----a-part"
    fields = {"csrf_token": token_of(session), "do": "check"}
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()
    ]
    parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\na,b\r\n1,2')
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "X-Requested-With": "XMLHttpRequest"}
    answer = ask_as("POST", session, "/precheck/file", "\r\n".join([*parts, f"--{edge}--\r\n"]).encode(), headers)
    assert answer.status == OK and "文件名不能用" in answer.body.decode(), answer
