// 规则手册: shows the rows that hold what is looked for, and the rule that the address names
"use strict";
(() => {
  const field = document.getElementById("find");
  const rows = [...document.querySelectorAll("tr.found")];
  const parts = [...document.querySelectorAll("details.part")];

  const find = () => {
    const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    for (const table of document.querySelectorAll("table")) table.hidden = !table.querySelector("tr.found:not([hidden])");
    for (const part of parts) {
      part.hidden = words.length > 0 && part.querySelector("table").hidden;
      part.open = words.length > 0 && !part.hidden;
    }
    document.getElementById("none").hidden = rows.some((row) => !row.hidden);
  };

  field.addEventListener("input", find);
})();
