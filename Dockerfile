# syntax=docker/dockerfile:1

# Two stages: the first has pip and the sources, the second only what runs.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/falco-toolkit
# What the project stands on changes seldom: a layer of its own.
COPY constraints.txt pyproject.toml ./
RUN python -c "import tomllib; print('\n'.join(tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies']))" > requirements.txt \
    && /opt/falco-toolkit/bin/pip install --only-binary :all: --constraint constraints.txt --requirement requirements.txt
COPY LICENSE README.md ./
COPY toolkit toolkit
COPY dashboards dashboards
COPY queries queries
COPY notebooks notebooks
RUN PIP_CONSTRAINT=constraints.txt /opt/falco-toolkit/bin/pip install --no-deps . \
    && /opt/falco-toolkit/bin/pip uninstall --yes pip \
    && find /opt/falco-toolkit -type d -name tests -prune -exec rm -r {} + \
    && /opt/falco-toolkit/bin/python -m compileall -q /opt/falco-toolkit

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="falco-toolkit" \
      org.opencontainers.image.description="Dashboards, alert rules and trend reports for Falco events in Loki" \
      org.opencontainers.image.licenses="Apache-2.0"
# The same number that the CronJob runs as (toolkit/schedule/cronjob.py).
RUN groupadd --gid 10001 toolkit \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin toolkit \
    && install --directory --owner 10001 --group 10001 /var/lib/falco-toolkit
COPY --from=build /opt/falco-toolkit /opt/falco-toolkit
ENV PATH=/opt/falco-toolkit/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/falco-toolkit
USER 10001:10001
ENTRYPOINT ["toolkit"]
CMD ["--help"]
