# The bot in an image: docker build -t ops-bot . && docker run --env-file .env ops-bot
# Two stages, so that pip and what it leaves stay behind.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
COPY requirements-full.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-full.txt

FROM python:3.11.13-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENDPOINTS=docker \
    HOST=0.0.0.0 \
    PORT=8080
WORKDIR /app
COPY --from=build /venv /venv
COPY bot bot
COPY handlers handlers
RUN python -m compileall -q bot handlers
# A number, so that an orchestrator sees that it is not root; it owns nothing and needs to write nothing.
USER 10001:10001
EXPOSE 8080
# Alive, not ready: a bot that waits for Slack or MongoDB is not helped by a restart.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=3)"]
CMD ["python", "-m", "bot"]
