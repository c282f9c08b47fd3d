"""Settings, all of them from the environment; what is missing or weak stops the start with one line.

The README names every variable. Readers and their refusals: posture/environment.py.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF

from posture import environment as env
from posture.logging import LOG_LEVELS, hide
from posture.logging import configuration as logging_configuration

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
SECURE = env.flag("SECURE", default=True)
SECRET_KEY = env.signing_key("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
TOKEN_PEPPERS = env.peppers("TOKEN_PEPPERS")
SECRET_KEYS = env.sealing_keys("SECRET_KEYS")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost")
BASE_URL = env.address("BASE_URL", ("https", "http"), "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", BASE_URL)

# Scans
SCANNER_PRINCIPAL_ARN = env.principal(
    "SCANNER_PRINCIPAL_ARN", "arn:aws:iam::000000000000:user/demo" if DEMO else None
)
ROLE_TEMPLATE_URL = env.address("ROLE_TEMPLATE_URL", ("https",), "")
SNAPSHOT_DIR = Path(env.text("SNAPSHOT_DIR", str(BASE_DIR / ".data" / "snapshots")))
SNAPSHOT_BUCKET = env.bucket("SNAPSHOT_STORAGE_URL")
SNAPSHOT_KEEP_DAYS = env.count("SNAPSHOT_KEEP_DAYS", 365, at_least=1, at_most=36_500)
SNAPSHOT_KEEP_NEWEST = env.count("SNAPSHOT_KEEP_NEWEST", 10, at_least=1, at_most=1000)
LEASE_SECONDS = env.number("LEASE_SECONDS", 90, at_least=1, at_most=3600)
HEARTBEAT_SECONDS = env.number(
    "HEARTBEAT_SECONDS", min(20, LEASE_SECONDS / 4), at_least=0.1, at_most=LEASE_SECONDS / 2
)
TICK_SECONDS = env.number("TICK_SECONDS", 20, at_least=0.1, at_most=300)
TICK_LATE_SECONDS = env.number(
    "TICK_LATE_SECONDS", max(120, TICK_SECONDS * 6), at_least=1, at_most=86_400
)
REPUBLISH_SECONDS = env.number("REPUBLISH_SECONDS", 60, at_least=1, at_most=3600)
RETRY_SECONDS = env.number("RETRY_SECONDS", 60, at_least=0.1, at_most=3600)
SCANS_PER_ORGANISATION = env.count("SCANS_PER_ORGANISATION", 8, at_least=1, at_most=1000)
SCAN_CONCURRENCY = env.count("SCAN_CONCURRENCY", 32, at_least=1, at_most=128)
# Calls per second and calls at once to one AWS account, by botocore service and region, all workers
# together; what AWS documents or is known to allow, and for the rest what leaves room for others.
RATE_CEILINGS = env.rates(
    "RATE_CEILINGS",
    {
        "account": (5, 10),
        "cloudtrail": (10, 20),
        "cloudtrail:LookupEvents": (2, 1),
        "cloudwatch": (9, 20),
        "ec2": (20, 100),
        "events": (25, 100),
        "iam": (15, 15),
        "kms": (100, 200),
        "logs": (5, 10),
        "marketplace-catalog": (10, 20),
        "organizations": (5, 10),
        "s3": (200, 1000),
        "s3control": (10, 20),
        "sns": (30, 200),
        "sqs": (100, 400),
        "other": (25, 50),
    },
)

# Requests per second for long and at once, of a token, a person, and an address that is neither.
RATE_LIMITS = env.rates(
    "RATE_LIMITS", {"token": (10, 300), "user": (10, 300), "address": (10, 200)}
)

# PostgreSQL: everything runs as `app`, a few commands as `owner` (design 2.12)
_OWNER_COMMANDS = {"migrate", "purge", "backup", "restore", "rotate_secrets"}
_AS_OWNER = Path(sys.argv[0]).name == "manage.py" and not _OWNER_COMMANDS.isdisjoint(sys.argv[1:2])
_POSTGRES = ("postgresql", "postgres")
_DATABASE = env.address("DATABASE_URL", _POSTGRES)
_OWNER = env.address("DATABASE_OWNER_URL", _POSTGRES, "")
DATABASES = {"default": environ.Env.db_url_config(_OWNER if _AS_OWNER and _OWNER else _DATABASE)}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5,
    application_name="seller-posture",
    options=" ".join(
        [
            f"-c statement_timeout={0 if _AS_OWNER else 15_000}",
            "-c lock_timeout=3000",
            f"-c idle_in_transaction_session_timeout={0 if _AS_OWNER else 30_000}",
        ]
    ),
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

# Redis: the broker carries ids only, the cache holds login counters and rate ceilings
REDIS_URL = env.address("REDIS_URL", ("redis", "rediss", "unix"))
CACHE_URL = env.address("CACHE_URL", ("redis", "rediss", "unix"), REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "posture.cache.LastingCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "posture",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
    "fallback": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "posture_cache",
        "KEY_PREFIX": "posture",
    },
}

# Celery (reliability.md D.3; the environment also sets REMAP_SIGTERM=SIGQUIT)
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 1800
CELERY_TASK_SOFT_TIME_LIMIT = 1740
CELERY_TASK_PUBLISH_RETRY = False  # the tick publishes again
CELERY_TASK_DEFAULT_QUEUE = "house"
CELERY_TASK_ROUTES = {
    "posture.run_scan": {"queue": "scan"},
    "posture.deliver": {"queue": "deliver"},
    "posture.tick": {"queue": "house"},
    "posture.verify_finding": {"queue": "house"},  # somebody waits, so not behind whole scans
}
CELERY_WORKER_POOL = "prefork"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # the lease decides
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.number(
    "SOFT_SHUTDOWN_SECONDS", 25, at_least=0, at_most=300
)
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 700_000
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "posture.tick",
        "schedule": TICK_SECONDS,
        "options": {"expires": max(10, TICK_SECONDS * 3)},
    },
    "prune_snapshots": {
        "task": "posture.prune_snapshots",
        "schedule": crontab(hour="4", minute="17"),
        "options": {"expires": 6 * 3600},
    },
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # nothing to remember, so no file on disk

# Applications
INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "posture",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "template_partials",
    "csp",
]
MIDDLEWARE = [
    "posture.hardening.Headers",
    "posture.middleware.Counted",
    "posture.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "posture.middleware.Timeouts",
    "posture.middleware.OwnOrganisation",
    "posture.hardening.Limited",
]
ROOT_URLCONF = "posture.urls"
WSGI_APPLICATION = "posture.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "posture.middleware.page_context",
                "posture.web.context.frame",
            ],
        },
    }
]

# People
AUTH_USER_MODEL = "posture.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
ACCOUNT_ADAPTER = "posture.entrance.adapter.Entrance"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Failures are counted by address and by key (the email typed, whoever that is; the person at the
# second factor): bars 89, 90 and 96 of reliability.md.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,60/h/ip,5/5m/key,100/d/key",
    "reset_password": "20/m/ip,60/h/ip,5/h/key",
}
ACCOUNT_LOGOUT_ON_GET = False
MFA_ADAPTER = "posture.entrance.sealing.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Seller Posture"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "posture.entrance.oidc.Outgoing"
SSO_ALLOWED_NETWORKS = env.networks("SSO_ALLOWED_NETWORKS")
IDLE_MINUTES = env.count("IDLE_MINUTES", 30, at_least=1, at_most=720)
SESSION_HOURS = env.count("SESSION_HOURS", 12, at_least=1, at_most=168)

# Browsers
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sid" if SECURE else "sid"
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "posture.web.errors.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^metrics$"]
SECURE_HSTS_SECONDS = (
    env.count("HSTS_SECONDS", 31_536_000, at_least=0, at_most=63_072_000) if SECURE else 0
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.flag("BEHIND_PROXY", default=False):  # only with a proxy that strips the header
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env.count("TRUSTED_PROXIES", 0, at_least=0, at_most=5)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
METRICS_TOKEN = env.bearer("METRICS_TOKEN")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {  # what Chromium everywhere knows: it warns of others
    **{
        name: []
        for name in (
            *("accelerometer", "autoplay", "browsing-topics", "camera"),
            *("clipboard-read", "compute-pressure", "cross-origin-isolated", "display-capture"),
            *("encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid"),
            *("identity-credentials-get", "idle-detection", "keyboard-map", "local-fonts"),
            *("magnetometer", "microphone", "midi", "otp-credentials", "payment"),
            *("picture-in-picture", "screen-wake-lock", "serial", "storage-access", "sync-xhr"),
            *("usb", "window-management", "xr-spatial-tracking"),
        )
    },
    "clipboard-write": ["self"],  # the buttons that copy an ARN
    "publickey-credentials-create": ["self"],
    "publickey-credentials-get": ["self"],
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["posture.web.uploads.DocumentHandler"]

# Files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
_COLLECTED = SECURE and (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not _COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "snapshots": {
        "BACKEND": "posture.scans.stores.Bucket",
        "OPTIONS": SNAPSHOT_BUCKET,
    }
    if SNAPSHOT_BUCKET
    else {
        "BACKEND": "posture.scans.stores.AtomicFiles",
        "OPTIONS": {
            "location": SNAPSHOT_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Mail, language, logs
globals().update(env.mail("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"seller-posture@{urlsplit(BASE_URL).hostname}")
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = "posture.logging.configure"
hide(SECRET_KEY, *SECRET_KEY_FALLBACKS, *(one.hex() for one in TOKEN_PEPPERS.values()))
hide(*(encode(one).decode() for one in SECRET_KEYS.values() for encode in env.ENCODINGS))
hide(METRICS_TOKEN, *(urlsplit(one).password or "" for one in (_DATABASE, _OWNER, REDIS_URL)))
LOGGING = logging_configuration(level=env.choice("LOG_LEVEL", LOG_LEVELS, "INFO"))

# The API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["posture.api.access.ByScope"],
    "DEFAULT_PERMISSION_CLASSES": ["posture.api.access.HasVerb"],
    "DEFAULT_SCHEMA_CLASS": "posture.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["posture.api.parsing.Json"],
    "EXCEPTION_HANDLER": "posture.api.problems.answer_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Seller Posture API",
    "DESCRIPTION": (
        "Posture scores and findings of AWS Marketplace seller accounts, with evidence and remedies. "
        "Findings change with every scan: poll `/findings?changed_since=`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AccountState": "posture.models.account.Account.State",
        "ScanState": "posture.models.leased.LeaseState",
        "FindingState": "posture.models.finding.FindingState",
    },
}
