# A grader in a container: see autograder/sandbox/THREATS.md for how to run it.
FROM python:3.11-slim
WORKDIR /opt/autograder
COPY pyproject.toml README.md .ci/hashes.txt ./
COPY autograder autograder
COPY quizzes quizzes
# Nothing is installed but the files that hashes.txt names.
RUN pip install --no-cache-dir --require-hashes --requirement hashes.txt \
 && pip install --no-cache-dir --no-deps . && useradd --uid 10001 --no-create-home grader \
 && install --directory --owner grader /work
USER 10001
# Mount the course and the submissions here.
WORKDIR /work
ENTRYPOINT ["autograder"]
CMD ["doctor"]
