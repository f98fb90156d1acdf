// Keys on the warning list, and choosing all of a page. The list works without it.
(() => {
  const table = document.querySelector("table.list");
  const search = document.getElementById("search");
  const rows = table ? Array.from(table.tBodies[0].rows) : [];
  const place = document.querySelector("[data-all]");
  const boxes = table ? Array.from(table.querySelectorAll("input[name=chosen]")) : [];

  if (place && boxes.length) {
    const label = document.createElement("label");
    const all = document.createElement("input");
    all.type = "checkbox";
    label.append(all, document.documentElement.lang === "en" ? " all of this page" : " 本页全选");
    label.className = "plain";
    place.append(label);
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  }

  const at = () => rows.findIndex((row) => row.contains(document.activeElement));
  const go = (index) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) { row.querySelector("th a").focus(); row.scrollIntoView({ block: "nearest" }); }
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "j") go(at() + 1);
    else if (event.key === "k") go(at() < 0 ? 0 : at() - 1);
    else if (event.key === "x" && at() >= 0) {
      const box = rows[at()].querySelector("input[name=chosen]");
      if (box) box.checked = !box.checked;
    }
  });
})();
