"""Where files are kept, as the setting of a storage: on a disk, or in a bucket."""

from botocore.config import Config

from mmsportal import env


def chosen() -> dict[str, object]:
    """The default storage, as the environment wants it."""
    if env.MEDIA_STORAGE != "s3":
        options: dict[str, object] = {"location": env.VAR_DIR / "media", "allow_overwrite": False}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    options = {
        "bucket_name": env.S3_BUCKET,
        "endpoint_url": env.S3_ENDPOINT_URL,
        "region_name": env.S3_REGION,
        "access_key": env.AWS_ACCESS_KEY_ID,
        "secret_key": env.AWS_SECRET_ACCESS_KEY,
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
        # A storage that does not answer must cost a fetch, or a look before a send, seconds and not minutes.
        "client_config": Config(
            signature_version="s3v4", connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
        ),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
