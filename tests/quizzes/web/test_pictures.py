"""Pictures in questions: published with the quiz, shown to those who take it and to nobody else."""

from __future__ import annotations

from live_server import LiveServer

ITEM = """
  - id: a-curve
    type: true_false
    prompt: The curve falls.
    images: [{file: curve.svg, alt: A falling curve}]
    answer: true
    explanation: It does.
"""
QUIZ = """title: Seen
points: 1
opens: 2026-05-18 15:00
due: 2026-05-18 23:59
questions: [{item: pictures/a-curve}]
"""
CURVE = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>'


def test_a_picture(server: LiveServer) -> None:
    """It is shown with its words, kept though its file goes, and hidden from everybody else."""
    folder = server.course.root / "quizzes"
    (folder / "banks" / "pictures.yaml").write_text(f"topic: Pictures\nitems:{ITEM}", encoding="utf-8")
    (folder / "banks" / "curve.svg").write_bytes(CURVE)
    (folder / "seen.yaml").write_text(QUIZ, encoding="utf-8")
    server.publish("seen")
    (folder / "banks" / "curve.svg").unlink()
    student, other = server.student(), server.student()
    attempt = student.start("seen")
    path = f"/attempts/{attempt}/pictures/curve.svg"
    assert f'<img src="{path}" alt="A falling curve">' in student.page(f"/attempts/{attempt}")
    reply = student.get(path)
    assert (reply.content, reply.headers["Content-Type"]) == (CURVE, "image/svg+xml")
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    assert other.get(path).status_code == 404
    assert student.get(f"/attempts/{attempt}/pictures/../curve.png").status_code == 404


def test_a_picture_for_staff(server: LiveServer) -> None:
    """Preview and editor send a picture as what it is, or browsers do not show it."""
    folder = server.course.root / "quizzes"
    (folder / "banks" / "pictures.yaml").write_text(f"topic: Pictures\nitems:{ITEM}", encoding="utf-8")
    (folder / "banks" / "curve.svg").write_bytes(CURVE)
    (folder / "seen.yaml").write_text(QUIZ, encoding="utf-8")
    teacher = server.student(role="instructor")
    for path in ("/quiz-files/seen/pictures/curve.svg", "/content/pictures/curve.svg"):
        reply = teacher.get(path)
        assert (reply.content, reply.headers["Content-Type"]) == (CURVE, "image/svg+xml"), path
