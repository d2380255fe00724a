// The controls of a question and the answer in them; named as web/answers.py reads them.

const SEVERAL = ["blanks", "matching"];

/** The answer in a question's controls; null for none, undefined for one that is not complete yet. */
export function answerIn(question) {
  const kind = question.dataset.kind;
  const controls = controlsOf(question);
  if (SEVERAL.includes(kind)) {
    const given = {};
    for (const one of controls) {
      if ((one.type !== "radio" || one.checked) && one.value.trim()) given[idOf(one)] = one.value;
    }
    return Object.keys(given).length ? given : null;
  }
  if (kind === "ordering") {
    const placed = controls.filter((one) => one.value);
    if (!placed.length) return null;
    if (placed.length < controls.length) return undefined;
    return placed.sort((a, b) => a.value - b.value).map(idOf);
  }
  if (kind === "choices") {
    const chosen = controls.filter((one) => one.checked).map((one) => one.value);
    return chosen.length ? chosen : null;
  }
  if (controls[0].type === "radio") return controls.find((one) => one.checked)?.value ?? null;
  const text = controls[0].value;
  return !text.trim() || text.trim() === controls[0].dataset.starter?.trim() ? null : text;
}

/** Show an answer in the controls. */
export function show(question, answer) {
  const kind = question.dataset.kind;
  for (const one of controlsOf(question)) {
    const own = SEVERAL.includes(kind) ? (answer ?? {})[idOf(one)] ?? "" : answer;
    if (one.type === "radio") one.checked = own === one.value;
    else if (one.type === "checkbox") one.checked = (own ?? []).includes(one.value);
    else if (kind === "ordering") one.value = answer ? String(answer.indexOf(idOf(one)) + 1) : "";
    else one.value = own ?? one.dataset.starter ?? "";
  }
}

/** The controls of a question. */
export function controlsOf(question) {
  const name = `a${question.dataset.pos}`;
  return [...question.querySelectorAll("input, select, textarea")].filter(
    (one) => one.name === name || one.name.startsWith(`${name}.`),
  );
}

/** Two entries never have one place: whoever had it takes the place that became free. */
export function keepPlacesApart(question, changed, before) {
  for (const one of controlsOf(question)) {
    if (one !== changed && changed.value && one.value === changed.value) one.value = before;
  }
}

function idOf(control) {
  return control.name.slice(control.name.indexOf(".") + 1);
}
