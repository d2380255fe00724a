"""What is wrong with a page on paper: controls, headings with nothing below them, what is cut off."""

from __future__ import annotations

from playwright.sync_api import Page

__all__ = ["print_faults"]

PAPER = {"width": 690, "height": 1000}  # pixels: A4 within its margins
LOOK = """() => {
  const seen = node => node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
  const name = node => node.outerHTML.slice(0, 120);
  const faults = [];
  const controls = "button:not(thead button), .button, nav:not(.site), .back, .site .bar, "
    + ".site a:not(.course), input:not([type=hidden]), select, textarea";
  for (const node of document.querySelectorAll(controls))
    if (seen(node) && !node.closest(":is(#quiz, #look) section")) faults.push("a control: " + name(node));
  const headings = [...document.querySelectorAll("main :is(h1, h2, h3, h4)")].filter(seen);
  for (const node of headings) {
    const [next, level] = [[], Number(node.tagName[1])];
    for (let other = node.nextElementSibling; other; other = other.nextElementSibling) {
      if (/^H[1-6]$/.test(other.tagName) && Number(other.tagName[1]) <= level) break;
      next.push(other);
    }
    const isHidden = next.some(other => !seen(other) && other.textContent.trim());
    if (level > 1 && isHidden && !next.some(seen)) faults.push("a heading of nothing: " + name(node));
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(wide + " pixels too wide");
  for (const node of document.querySelectorAll("main *")) {
    const [style, text] = [getComputedStyle(node), node.textContent.trim()];
    const cut = node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
    const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
    const isForEars = node.matches(".unseen, .state");
    if (text && seen(node) && cut && clips && !isForEars) faults.push("cut off: " + name(node));
  }
  return faults;
}"""


def print_faults(page: Page) -> list[str]:
    """The faults of the page that is open, as it is printed; it is as it was afterwards."""
    before = page.viewport_size
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print")
    found: list[str] = page.evaluate(LOOK)
    page.emulate_media(media="screen")
    if before is not None:
        page.set_viewport_size(before)
    return [f"{page.url} in print: {fault}" for fault in found]
