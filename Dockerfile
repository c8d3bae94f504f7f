# One image for web, worker and beat; compose.yaml says which is which.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MMS_VAR_DIR=/var/lib/mmsportal
WORKDIR /srv/mmsportal

RUN useradd --system --home-dir /var/lib/mmsportal --create-home mmsportal \
    && install -d -o mmsportal -g mmsportal -m 700 /var/lib/mmsportal/spool

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes -r requirements.txt

COPY manage.py ./
COPY mmsportal mmsportal
COPY messaging messaging
COPY media media
COPY templates templates
COPY static static

USER mmsportal
EXPOSE 8000
CMD ["gunicorn", "mmsportal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4"]
