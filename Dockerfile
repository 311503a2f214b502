# Two stages: pip, the build backend's work and its leftovers stay in the first one.
FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# pip installs into it from outside, so none is in it.
RUN python -m venv --without-pip /opt/sellersync
COPY requirements.lock ./
# `--no-deps` as in the Makefile: the lock file names everything.
RUN pip --python /opt/sellersync/bin/python install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY tasks tasks
COPY worker worker
RUN pip --python /opt/sellersync/bin/python install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --no-log-init --uid 10001 --create-home --home-dir /data sellersync
COPY --from=build /opt/sellersync /opt/sellersync
# The home is only used by the embedded default: `docker run -v sellersync:/data … sellersync`.
ENV PATH=/opt/sellersync/bin:$PATH PYTHONUNBUFFERED=1 SELLERSYNC_HOME=/data/.sellersync
WORKDIR /data
# By number: Kubernetes' `runAsNonRoot` cannot look names up.
USER 10001
# Of `up` and `web`; docker-compose.yml has one for each service.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-c", "import http.client, sys; web = http.client.HTTPConnection('127.0.0.1', 8000, timeout=5); web.request('GET', '/healthz'); sys.exit(web.getresponse().status != 200)"]
CMD ["sellersync", "up"]
