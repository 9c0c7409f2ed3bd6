// The scale of a page on paper, its print button, and on a phone one tile a row.
(() => {
  const PAPER = 1046; // pixels between the margins of A4 across
  const scale = () => {
    const wide = Math.max(document.body.scrollWidth, document.documentElement.clientWidth);
    document.documentElement.style.setProperty("--on-paper", String(Math.min(1, PAPER / wide)));
  };
  window.addEventListener("beforeprint", scale);
  window.addEventListener("resize", scale);
  document.addEventListener("DOMContentLoaded", scale);
  document.addEventListener("click", (event) => {
    if (event.target.id === "print") window.print();
  });

  if (!window.matchMedia("(max-width: 700px)").matches) return;
  const oneColumn = (nodes) => {
    const moved = (id, from, to) => {
      const node = nodes[id];
      node.parents = (node.parents || []).map((parent) => (parent === from ? to : parent));
      if (node.meta && node.meta.width) node.meta.width = 12;
      (node.children || []).forEach((child) => moved(child, from, to));
    };
    Object.values(nodes).filter((node) => node && node.type === "ROW").forEach((row) => {
      const above = Object.values(nodes).find((node) => node && (node.children || []).includes(row.id));
      if (!above) return;
      const rows = row.children.map((child, number) => {
        const id = number ? `${row.id}-${number}-alone` : row.id;
        if (number) nodes[id] = { ...row, id, children: [child] };
        moved(child, row.id, id);
        return id;
      });
      row.children = row.children.slice(0, 1);
      above.children.splice(above.children.indexOf(row.id), 1, ...rows);
    });
    return nodes;
  };
  const asked = window.fetch;
  window.fetch = async (...said) => {
    const answer = await asked(...said);
    if (!answer.ok || !/^\/api\/v1\/dashboard\/[^/]+$/.test(new URL(answer.url, window.location).pathname)) return answer;
    const page = await answer.clone().json();
    if (!page.result || !page.result.position_json) return answer;
    page.result.position_json = JSON.stringify(oneColumn(JSON.parse(page.result.position_json)));
    return new Response(JSON.stringify(page), { status: answer.status, headers: { "Content-Type": "application/json" } });
  };
})();
