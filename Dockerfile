# Two stages: pip and the build backend stay in the first one.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/sellersync
ENV PATH=/opt/sellersync/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY tasks tasks
COPY worker worker
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --home-dir /data sellersync
COPY --from=build /opt/sellersync /opt/sellersync
# The home is only used by the embedded default: `docker run -v sellersync:/data … sellersync up`.
ENV PATH=/opt/sellersync/bin:$PATH PYTHONUNBUFFERED=1 SELLERSYNC_HOME=/data/.sellersync
WORKDIR /data
VOLUME /data
USER sellersync
CMD ["sellersync", "--help"]
