# `app` is the product: web, worker, beat and migrate. `demo` adds the sandbox with its fake AWS.
FROM python:3.11-slim AS app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements/base.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY manage.py gunicorn.conf.py ./
COPY scanner scanner/
COPY posture posture/
COPY templates templates/
COPY static static/
RUN useradd --system posture && install -d -o posture -m 0700 /var/lib/seller-posture
USER posture
EXPOSE 8000
CMD ["gunicorn", "posture.wsgi", "--bind", "0.0.0.0:8000"]

FROM app AS demo
USER root
COPY requirements/demo.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/demo.txt
COPY sandbox sandbox/
USER posture
