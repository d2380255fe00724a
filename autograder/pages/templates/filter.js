// Show only the rows with some text in their first two cells; without this script all rows are shown.
for (const table of document.querySelectorAll("table.filtered")) {
  const field = document.querySelector(`[aria-controls="${table.id}"]`);
  const said = field.parentNode.querySelector("[role=status]");
  field.parentNode.hidden = false;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    name: plain(row.cells[0].textContent),
    letter: plain(row.cells[1].querySelector("b")?.textContent ?? ""),
  }));
  field.addEventListener("input", () => {
    const wanted = plain(field.value.trim());
    const isLetter = wanted !== "" && rows.some(({ letter }) => letter === wanted);
    for (const { row, name, letter } of rows) row.hidden = !(isLetter ? letter === wanted : name.includes(wanted));
    said.textContent = wanted ? `${rows.filter(({ row }) => !row.hidden).length} of ${rows.length}` : "";
  });
}
