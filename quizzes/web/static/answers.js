// The answer in the controls of a question; quizzes/web/forms.py says how they are named and what they hold.

/**
 * The answer in a question's controls; null for none, undefined for an incomplete one. With `served`, the one that
 * came with the page, whatever was typed since.
 */
export function answerIn(question, served = false) {
  const controls = served ? controlsOf(question).map(asServed) : controlsOf(question);
  switch (question.dataset.shape) {
    case "fields": {
      const texts = {};
      for (const control of controls) {
        if ((control.type !== "radio" || control.checked) && control.value.trim()) texts[idOf(control)] = control.value;
      }
      return Object.keys(texts).length ? texts : null;
    }
    case "order": {
      const placed = controls.filter((control) => control.value);
      if (!placed.length) return null;
      if (placed.length < controls.length) return undefined;
      return placed.sort((a, b) => a.value - b.value).map(idOf);
    }
    case "many": {
      const chosen = controls.filter((control) => control.checked).map((control) => control.value);
      return chosen.length ? chosen : null;
    }
  }
  if (controls[0].type === "radio") return controls.find((control) => control.checked)?.value ?? null;
  const text = controls[0].value;
  return !text.trim() || text.trim() === controls[0].dataset.starter?.trim() ? null : text;
}

/** What a control held when the page came. */
function asServed(control) {
  const { name, type, dataset } = control;
  const isChoice = type === "radio" || type === "checkbox";
  let value = isChoice ? control.value : control.defaultValue;
  if (control.options) value = ([...control.options].find((option) => option.defaultSelected) ?? control.options[0])?.value ?? "";
  return { name, type, dataset, value, checked: control.defaultChecked };
}

/** Show an answer in the controls. */
export function show(question, answer) {
  const { shape } = question.dataset;
  for (const control of controlsOf(question)) {
    const value = shape === "fields" ? (answer ?? {})[idOf(control)] ?? "" : answer;
    if (control.type === "radio") control.checked = value === control.value;
    else if (control.type === "checkbox") control.checked = (value ?? []).includes(control.value);
    else if (shape === "order") control.value = answer ? String(answer.indexOf(idOf(control)) + 1) : "";
    else control.value = value ?? control.dataset.starter ?? "";
  }
}

/** The places of an order as they are chosen, also of an incomplete one: entry → place. */
export function placesIn(question) {
  return Object.fromEntries(controlsOf(question).map((control) => [idOf(control), control.value]));
}

/** Show such places. */
export function showPlaces(question, places) {
  for (const control of controlsOf(question)) control.value = places[idOf(control)] ?? "";
}

/** The controls of a question's answer. */
export function controlsOf(question) {
  const name = `a${question.dataset.pos}`;
  return [...question.querySelectorAll("input, select, textarea")].filter(
    (control) => control.name === name || control.name.startsWith(`${name}.`),
  );
}

/** The control that holds the revision of a question. */
export function revisionOf(question) {
  return question.querySelector(`input[name="rev${question.dataset.pos}"]`);
}

/** The control that flags a question. */
export function flagOf(question) {
  return question.querySelector(`input[name="flag${question.dataset.pos}"]`);
}

/** Keep places of an order distinct: the entry that had the place gets the one that became free. */
export function keepPlacesApart(question, changed, before) {
  for (const control of controlsOf(question)) {
    if (control !== changed && changed.value && control.value === changed.value) control.value = before;
  }
}

function idOf(control) {
  return control.name.slice(control.name.indexOf(".") + 1);
}
