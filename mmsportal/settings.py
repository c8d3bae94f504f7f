"""One settings file: the environment decides between the embedded and the scaled form."""

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from mmsportal import env, file_storage
from mmsportal.published_document import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from mmsportal.rounds import CELERY_BEAT_SCHEDULE, CELERY_DB_REUSE_MAX, queues  # noqa: F401
from mmsportal.sidebar import UNFOLD as UNFOLD

BASE_DIR = env.BASE_DIR
SECRET_KEY = env.SECRET_KEY
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS
HTTPS = env.PUBLIC_BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "lucide",
    "axes",
    "csp",
    "media",
    "messaging",
    "mmsportal",
]

MIDDLEWARE = [
    "mmsportal.requests.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "media.hosting.HostFirst",
    "messaging.webhooks.ReceiptsFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mmsportal.caching.PrivateByDefault",
    # Outside of what makes a new answer, a 304, of another.
    "messaging.api.limits.RateLimitHeaders",
    "messaging.api.answering.Compressed",
    "messaging.api.answering.Conditional",
    "mmsportal.programs.ProgramsFirst",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mmsportal.language.PagesInTheReadersLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "mmsportal.urls"
WSGI_APPLICATION = "mmsportal.wsgi.application"

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
            ],
        },
    },
]

# Data ---------------------------------------------------------------------------------------------

_database = dict(env.DATABASE)
# A thread keeps its connection: opening one for each request costs more than most requests do.
_database["CONN_MAX_AGE"] = 60
if "sqlite" in str(_database["ENGINE"]):
    _database["OPTIONS"] = {
        # A read that becomes a write inside WAL fails at once unless the lock is taken up front (reliability 3.6).
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        # A database that does not answer must cost a request seconds, not minutes (reliability 3.6).
        "connect_timeout": 3,
        # One whose host is gone says nothing at all: what is sent and not confirmed in milliseconds ends the session.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        # For the statements of `messaging.models.prepared` only; they look up what is unique: one plan fits all values.
        "prepare_threshold": 0,
        "options": "-c idle_in_transaction_session_timeout=30s -c lock_timeout=2s -c plan_cache_mode=force_generic_plan"
        f" -c statement_timeout={env.STATEMENT_SECONDS}s",
    }
_database["TEST"] = {"NAME": str(env.VAR_DIR / "test.sqlite3")} if "sqlite" in str(_database["ENGINE"]) else {}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.CACHE}

STORAGES = {
    "default": file_storage.chosen(),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True

# Addresses and secrets of our own -----------------------------------------------------------------

PUBLIC_BASE_URL = env.PUBLIC_BASE_URL
MEDIA_PUBLIC_BASE_URL = env.MEDIA_PUBLIC_BASE_URL
MEDIA_UNFETCHED_MINUTES = env.MEDIA_UNFETCHED_MINUTES
# How long the media host goes by what it last knew of an address, and lets its log gather; 0 for not at all.
MEDIA_KNOWN_SECONDS = 1.0
MEDIA_LOG_SECONDS = 0.3
S3_BROWSER_URL = env.S3_BROWSER_URL
ALLOW_PRIVATE_TARGETS = env.ALLOW_PRIVATE_TARGETS
CREDENTIALS_KEYS = env.CREDENTIALS_KEYS
FAILPOINT = env.FAILPOINT
UNDO_SECONDS = env.UNDO_SECONDS
CONTENT_DAYS, RECEIPT_DAYS = env.CONTENT_DAYS, env.RECEIPT_DAYS
HISTORY_DAYS, NUMBER_DAYS = env.HISTORY_DAYS, env.NUMBER_DAYS
QUEUE_ALARM_SECONDS = env.QUEUE_ALARM_SECONDS
RECEIPT_RETRY_MINUTES = env.RECEIPT_RETRY_MINUTES
PROVIDER_TARGET_PERCENT = env.PROVIDER_TARGET_PERCENT
METRICS_CIDRS, METRICS_TOKEN = env.METRICS_CIDRS, env.METRICS_TOKEN
# Webhook bodies that came while the database was away; every web and worker process of a host shares it.
SPOOL_DIR = env.VAR_DIR / "spool"

# Celery: the doorbell. The database is the queue (reliability 3.2) -------------------------------------------

CELERY_BROKER_URL = env.BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
# Celery would put its own handlers in the place of ours, and with them lose the masking.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
# A crashing task would be redelivered for ever on Redis; the sweep finds its work instead (libraries, section 6).
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "mms"
CELERY_TASK_ROUTES = {"messaging.tasks.send_callbacks": {"queue": "callbacks"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
if CELERY_BROKER_URL.startswith("filesystem:"):
    _broker = env.VAR_DIR / "broker"
    (_broker / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(_broker),
        "data_folder_out": str(_broker),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.05,
    }
    # One that holds as many rings as it has processes fetches the next only by the next poll; a lost ring comes again.
    CELERY_WORKER_PREFETCH_MULTIPLIER = 8
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "max_retries": 0,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "max_retries": 0}
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
CELERY_TASK_QUEUES = queues(quorum=CELERY_BROKER_URL.startswith(("amqp", "pyamqp")))
CELERY_BEAT_SCHEDULE_FILENAME = str(env.VAR_DIR / "beat-schedule")

# People -------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [env.PUBLIC_BASE_URL]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Gunicorn speaks plain HTTP: under https there is a proxy in front, which must set this header itself (operating.md).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Unfold's Alpine evaluates expressions: the one thing that cannot be had stricter (ui.md, "CSP").
        "script-src": [SELF, "'unsafe-eval'"],
        "style-src-elem": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        # Files may go from the browser straight to the storage.
        "connect-src": [SELF, *([env.S3_BROWSER_URL] if env.S3_BROWSER_URL else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_HANDLERS = [
    "media.upload_bounds.BoundedForm",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Words --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "mmsportal" / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = HTTPS, "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
PHONE_DEFAULT_REGION = "US"

# REST ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["messaging.api.authentication.ServiceAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["messaging.api.limits.WithinRate", "messaging.api.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["messaging.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "messaging.api.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Logs -------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "mmsportal.logs.MaskingFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "mmsportal.logs.Json"},
    },
    "filters": {"masking": {"()": "mmsportal.logs.Masking"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env.LOG_FORMAT, "filters": ["masking"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # At INFO these print whole addresses, with the tokens in them.
        "httpx": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        # A line a request and a task, which people who read along can do without.
        "mmsportal.requests": {"level": "INFO" if env.LOG_FORMAT == "json" else "WARNING"},
        "mmsportal.celery": {"level": "INFO" if env.LOG_FORMAT == "json" else "WARNING"},
        # Each refusal of a request would be a warning, each missing right a traceback.
        "django.request": {"level": "ERROR"},
    },
}
