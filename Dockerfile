# A grader in a container: see autograder/sandbox/THREATS.md for how to run it.
FROM python:3.11-slim
WORKDIR /opt/autograder
COPY pyproject.toml constraints.txt README.md ./
COPY autograder autograder
COPY quizzes quizzes
RUN pip install --no-cache-dir --constraint constraints.txt . && useradd --uid 10001 --no-create-home grader
USER 10001
ENTRYPOINT ["autograder"]
CMD ["doctor"]
