// 答复工作台: another letter brings its own days, unless other days were typed; a pull is asked for once
(() => {
  const form = document.getElementById("new");
  if (!form) return;
  const letter = form.elements.letter;
  const names = ["from", "to", "as_of"];
  const own = (option, name) => option.dataset[name];
  let before = letter.selectedOptions[0];
  letter.addEventListener("change", () => {
    const now = letter.selectedOptions[0];
    const typed = names.some((name) => form.elements[name].value !== own(before, name));
    if (!typed) names.forEach((name) => { form.elements[name].value = own(now, name); });
    before = typed ? before : now;
  });
  // a browser that goes back may have kept another choice than the page was made with
  window.addEventListener("pageshow", () => { before = letter.selectedOptions[0]; document.getElementById("pull").disabled = false; });
  form.addEventListener("submit", () => {
    const button = document.getElementById("pull");
    button.disabled = true;
    button.textContent = "正在取数…";
  });
})();
