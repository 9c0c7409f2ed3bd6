"""Sessions are kept on the server, in two tables of Superset's own database; the browser holds a random number.

A session, and a token of the log-in by API, carries its account's epoch, a number. What ends all sessions of an
account (log-out, another password, disabling, deletion) counts that number up: what carries a smaller one is worth
nothing from that moment on. The number is read before the password is looked at, so that a log-in that runs meanwhile
does not outlive the change either.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

from flask import Flask, g, session
from flask.json.tag import TaggedJSONSerializer
from flask_appbuilder.security.sqla.models import User
from flask_login import user_logged_in, user_logged_out
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text, event, inspect, select, text

EPOCH = "epoch"
BEFORE_LOG_IN = timedelta(hours=1)  # how long a visitor's session is kept who has not logged in
ENDS_SESSIONS = ("password", "active")  # columns of an account

_METADATA = MetaData()
_SESSIONS = Table(
    "reentry_sessions",
    _METADATA,
    Column("id", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("account", Integer),
    Column("epoch", Integer),
    Column("data", Text, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)
_EPOCHS = Table(
    "reentry_session_epochs",
    _METADATA,
    Column("account", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
)
_FIND = text(
    "select data from reentry_sessions left join reentry_session_epochs"
    " on reentry_session_epochs.account = reentry_sessions.account"
    " where id = :id and expires_at > :now and (reentry_sessions.account is null"
    " or reentry_sessions.epoch = coalesce(reentry_session_epochs.epoch, 0))"
)
_NEXT_EPOCH = text(
    "insert into reentry_session_epochs (account, epoch) values (:account, 1)"
    " on conflict (account) do update set epoch = reentry_session_epochs.epoch + 1"
)


class StoredSession(ServerSideSession):
    """A session that knows whether it is in the table already."""

    is_stored = False


class DatabaseSessions(ServerSideSessionInterface):
    """Flask-Session's, on a table of Superset's database.

    A session lives from log-in for PERMANENT_SESSION_LIFETIME, however much it is used. It is written only when
    something in it changes; one that was deleted meanwhile is not written again.
    """

    session_class = StoredSession

    def __init__(self, app: Flask) -> None:
        """The interface for an application; the tables are made when they are missing."""
        super().__init__(app, key_prefix="", use_signer=False, permanent=False, sid_length=32)
        self._tagged = TaggedJSONSerializer()
        _METADATA.create_all(self._engine)

    def open_session(self, app: Flask, request: Any) -> ServerSideSession:
        """The session of a request; a new one when the browser holds nothing that is known."""
        opened = super().open_session(app, request)
        opened.is_stored = bool(opened)
        return opened

    def regenerate(self, session: StoredSession) -> None:
        """Gives a session another number: what was known of it before is worth nothing."""
        super().regenerate(session)
        session.is_stored = False

    @property
    def _engine(self) -> Any:
        from superset.extensions import db

        return db.engine

    def _get_store_id(self, sid: str) -> str:
        return hashlib.sha256(sid.encode()).hexdigest()

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        from superset.extensions import db

        # in the transaction in which the account is read
        found = db.session.execute(_FIND, {"id": store_id, "now": time.time()}).scalar()
        data: dict[str, Any] | None = None if found is None else self._tagged.loads(found)
        return data

    def _delete_session(self, store_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_SESSIONS.delete().where(_SESSIONS.c.id == store_id))

    def _upsert_session(self, session_lifetime: timedelta, session: StoredSession, store_id: str) -> None:
        now, account = time.time(), session.get("_user_id")
        values = {
            "account": None if account is None else int(account),
            "epoch": session.get(EPOCH),
            "data": self._tagged.dumps(dict(session)),
        }
        with self._engine.begin() as connection:
            if session.is_stored:
                connection.execute(_SESSIONS.update().where(_SESSIONS.c.id == store_id).values(**values))
                return
            connection.execute(_SESSIONS.delete().where(_SESSIONS.c.expires_at < now))
            expires_at = now + (BEFORE_LOG_IN if account is None else session_lifetime).total_seconds()
            connection.execute(_SESSIONS.insert().values(id=store_id, expires_at=expires_at, **values))
        session.is_stored = True


def keep_sessions(app: Flask) -> None:
    """Keeps the application's sessions on the server, and ends an account's when it says so."""
    app.session_interface = DatabaseSessions(app)
    user_logged_in.connect(_logged_in, app)
    user_logged_out.connect(_logged_out, app)
    for change, ended in (("after_update", _account_changed), ("after_delete", _account_deleted)):
        if not event.contains(User, change, ended):
            event.listen(User, change, ended, propagate=True)


def epoch_of(account: int | None) -> int:
    """The number that a session of this account must carry now."""
    from superset.extensions import db

    asked = select(_EPOCHS.c.epoch).where(_EPOCHS.c.account == account)
    with db.engine.connect() as connection:
        return int(connection.execute(asked).scalar() or 0)


def end_all(account: int) -> None:
    """Ends all sessions of an account."""
    from superset.extensions import db

    with db.engine.begin() as connection:
        connection.execute(_NEXT_EPOCH, {"account": account})


def _logged_in(app: Flask, user: Any) -> None:
    del user
    session[EPOCH] = g.epoch_at_log_in
    app.session_interface.regenerate(session)


def _logged_out(app: Flask, user: Any) -> None:
    del app
    session.clear()
    if user is not None and not user.is_anonymous:
        end_all(user.id)


def _account_changed(mapper: Any, connection: Any, account: User) -> None:
    """Counts on in the transaction of the change itself."""
    attributes = inspect(account).attrs
    if any(attributes[name].history.has_changes() for name in ENDS_SESSIONS):
        _account_deleted(mapper, connection, account)


def _account_deleted(mapper: Any, connection: Any, account: User) -> None:
    del mapper
    connection.execute(_NEXT_EPOCH, {"account": account.id})
