// One click applies: the address of the page with what was chosen; what is the first value anyway is not said.
document.getElementById("choice").addEventListener("change", (event) => {
  const asked = new URL(window.location.href);
  const { name, value, dataset } = event.target;
  if (value === dataset.first) asked.searchParams.delete(name);
  else asked.searchParams.set(name, value);
  window.location.assign(asked);
});
