// Sort a table by a click on a column's heading; without this script the table is read as it stands.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    const value = (row) => {
      const text = row.cells[column].textContent.trim();
      return column === 0 ? text : text === "" ? 0 : Number.isNaN(parseFloat(text)) ? -1 : parseFloat(text);
    };
    const compare = (a, b) => (column === 0 ? a.localeCompare(b) : a - b);
    button.addEventListener("click", () => {
      // Numbers are most interesting from the top, names from A.
      const next = { ascending: "descending", descending: "ascending" };
      const order = next[heading.ariaSort] ?? (column === 0 ? "ascending" : "descending");
      for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      const rows = [...body.rows].map((row) => [value(row), row]);
      const sign = order === "ascending" ? 1 : -1;
      rows.sort(([a], [b]) => sign * compare(a, b));
      body.append(...rows.map(([, row]) => row));
    });
  });
}
