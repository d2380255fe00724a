"""Labels of charts never collide and never leave their chart: measured in a real browser."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page
from report_factory import make_check, make_report, make_task
from sample_class import class_of
from sample_report import realistic_report

from autograder.pages.bar_charts import Bar, Part, Row, bar_chart, histogram
from autograder.pages.class_page import class_page
from autograder.pages.rendering import STATIC, TEMPLATES, design
from autograder.pages.student_page import student_page
from autograder.pages.svg import cut_to_width, text_width
from autograder.report import Status, summarize_report

WIDTHS = (1280, 768, 390, 320)
# Pairs of labels of one chart that overlap by more than a hair, and labels that leave their chart.
COLLISIONS = """() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const frame = chart.getBoundingClientRect();
  const labels = [...chart.querySelectorAll("text")]
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  if (frame.width === 0) return [];
  const outside = labels
    .filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1)
    .map(([text]) => `${text} leaves its chart`);
  const hit = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const pairs = labels.flatMap(([text, box], index) =>
    labels.slice(index + 1).filter(([, other]) => hit(box, other)).map(([other]) => `${text} / ${other}`));
  return [...outside, ...pairs];
})"""


def collisions(page: Page, html: str, folder: Path) -> list[str]:
    """What collides in the charts of a page, at every width, with all details open."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    page.goto((folder / "page.html").as_uri())
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width}: {text}" for text in page.evaluate(COLLISIONS)]
    return found


@pytest.mark.parametrize("students", [3, 24, 300, pytest.param(2000, marks=pytest.mark.full)])
def test_the_class_page(browser_page: Page, tmp_path: Path, students: int) -> None:
    """The charts of a class page stay legible from three to two thousand students."""
    reports = [summarize_report(report) for report in class_of(students)]
    assert collisions(browser_page, class_page(reports, link=lambda report: ""), tmp_path) == []


@pytest.mark.parametrize("seed", range(3))
def test_any_distribution(browser_page: Page, tmp_path: Path, seed: int) -> None:
    """Histograms of any class: all in two bars, everybody over 100%, a median at either end."""
    dice = random.Random(seed)
    charts = []
    for number in range(30):
        many = dice.choice([1, 3, 24, 300, 2000, 30_000])
        low, high = sorted((dice.uniform(0, 1.1), dice.uniform(0, 1.1)))
        shares = sorted(dice.uniform(low, high) for _ in range(many))
        charts.append(
            histogram(shares, key=f"h{number}", title="Scores", description="All.", median=shares[many // 2])
        )
    words = ["W" * 40, "i" * 40, "Ableitungen der Aktivierungsfunktionen", "激活函数的导数" * 4, "ReLU"]
    rows = [
        Row(dice.choice(words), dice.choice(["100% · 100% full", "3% · 0% full"]), [Bar([Part(1, 0.5)])])
        for _ in range(8)
    ]
    charts.append(bar_chart(rows, key="tasks", title="Tasks", description="All."))
    files = (TEMPLATES / "base.css", STATIC / "charts.css", TEMPLATES / "gradebook.css")
    styles = "".join(file.read_text() for file in files)
    figures = "".join(f"<figure>{chart}</figure>" for chart in charts)
    html = f"<style>{design()}{styles}</style><main class='page'><div class='many'>{figures}</div></main>"
    assert collisions(browser_page, html, tmp_path) == []


def test_a_student_s_page(browser_page: Page, tmp_path: Path) -> None:
    """The curves, maps and bars of a report keep their labels apart."""
    assert collisions(browser_page, student_page(realistic_report()), tmp_path) == []


def test_tasks_with_long_titles(browser_page: Page, tmp_path: Path) -> None:
    """A task with a title of any length has its numbers beside the title, not under it."""
    tasks = [
        make_task(f"{name}-{'W' * 30}", make_check(points=2), make_check(Status.FAILED, 1))
        for name in ("Backpropagation", "MMMMMMMMMMMMMMM", "α-β-γ")
    ]
    report = make_report(*tasks)
    assert collisions(browser_page, student_page(report), tmp_path) == []
    page = class_page([summarize_report(report)], link=lambda report: "")
    assert collisions(browser_page, page, tmp_path) == []


@given(st.text(max_size=200), st.floats(20, 400))
def test_a_cut_text_fits(text: str, width: float) -> None:
    """What is cut is no wider than asked for, and what fits is not cut."""
    short = cut_to_width(text, width, 14, bold=True)
    assert short == text or text_width(short, 14, bold=True) <= width or short == "…"
    assert (short == text) == (text_width(text, 14, bold=True) <= width) or len(text) > width / 5.6
