// The receipt page: the attempt is over, so nothing of it stays in this browser.

import { Unsent } from "./unsent.js";

const { over, person } = document.body.dataset;
new Unsent(person, over).forget();
