"""Superset's settings; what is longer than a line lies in ``server/``. The environment is set by `reentry serve`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.pool import QueuePool

from server import account_files, appearance, application, passwords, reading
from server.quiet_log import QuietLogger
from server.security import OwnSecurityManager

HOME = Path(os.environ["REENTRY_HOME"])
PLACE = HOME / "superset"
REENTRY_PLACE = str(PLACE)

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ.get("SUPERSET_DATABASE_URI") or f"sqlite:///{PLACE}/superset.db?timeout=30"
if SQLALCHEMY_DATABASE_URI.startswith("sqlite:"):  # connections are kept: server.application
    SQLALCHEMY_ENGINE_OPTIONS = {"poolclass": QueuePool, "connect_args": {"check_same_thread": False}}
CUSTOM_SECURITY_MANAGER = OwnSecurityManager
FLASK_APP_MUTATOR = application.prepare
COMMON_BOOTSTRAP_OVERRIDES_FUNC = application.bootstrap

# no Redis, no Celery: tiles are kept in memory under the version they were read from
_FILES = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(PLACE / "cache"), "CACHE_DEFAULT_TIMEOUT": 7 * 86400}
CACHE_CONFIG: dict[str, Any] = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG: dict[str, Any] = {
    "CACHE_TYPE": "server.cache.VersionCache",
    "CACHE_PUBLISHED": str(HOME / "published"),
    "CACHE_DEFAULT_TIMEOUT": 86400,
}
DB_CONNECTION_MUTATOR = reading.spilling(account_files.choose_file)  # which file an account reads, and where it spills
CSV_STREAMING_ROW_THRESHOLD = 10**9  # a file is put together in the request that asks for it
EVENT_LOGGER = QuietLogger()
FILTER_STATE_CACHE_CONFIG: dict[str, Any] = _FILES
EXPLORE_FORM_DATA_CACHE_CONFIG: dict[str, Any] = _FILES
RATELIMIT_ENABLED = AUTH_RATE_LIMITED = False  # server.limiter holds off wrong log-ins

FEATURE_FLAGS = {
    "DASHBOARD_RBAC": True,  # pages by role; data by dataset permission only, see server.security
    "RLS_IN_SQLLAB": True,
    "CHART_PLUGINS_EXPERIMENTAL": True,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ALERT_REPORTS": False,
    "EMBEDDED_SUPERSET": False,
    "TAGGING_SYSTEM": False,
    "DASHBOARD_VIRTUALIZATION": False,  # what is not in view is printed too
}

# accounts are made by `reentry users`, never by visitors
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = os.environ.get("REENTRY_HTTPS") == "1"
PERMANENT_SESSION_LIFETIME = timedelta(hours=10)
SESSION_REFRESH_EACH_REQUEST = False  # server.sessions: from log-in, not from the last request
FAB_PASSWORD_COMPLEXITY_ENABLED = True
FAB_PASSWORD_COMPLEXITY_VALIDATOR = passwords.validate
ENABLE_PROXY_FIX = False  # server.front believes named proxies only
ENABLE_CORS = False  # for maps from outside, which no page has
WTF_CSRF_ENABLED = True
CONTENT_SECURITY_POLICY_WARNING = False
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        # 'unsafe-eval': handlebars tiles compile their template in the browser, with a function made of text
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": SESSION_COOKIE_SECURE,
}
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["style", "className", "class"]}, "tagNames": ["style"]}

APP_NAME = appearance.NAME
APP_ICON = appearance.MARK
FAVICONS = [{"href": appearance.ICON, "type": "image/svg+xml"}]
LOGO_TOOLTIP = appearance.NAME
LOGO_TARGET_PATH = "/"
THEME_DEFAULT = appearance.THEME
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
EXTRA_CATEGORICAL_COLOR_SCHEMES = appearance.CATEGORICAL
EXTRA_SEQUENTIAL_COLOR_SCHEMES = appearance.SEQUENTIAL
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}}
D3_FORMAT = {"currency": ["", "元"]}

ROW_LIMIT = 10_000
SQL_MAX_ROW = 10_000
SUPERSET_WEBSERVER_TIMEOUT = 60
PREVENT_UNSAFE_DB_CONNECTIONS = True
LOG_LEVEL = "WARNING"
