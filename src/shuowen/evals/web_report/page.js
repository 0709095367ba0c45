"use strict";
const page = document.documentElement;
const list = document.getElementById("samples");
const cards = [...list.children];
const chosen = (name) => document.getElementById(name).value;

function losses(card) {
  return card.dataset.losses.split(" ").map(Number);
}

function loss(card, engine) {
  const all = losses(card);
  return engine < 0 ? Math.max(...all) : all[engine];
}

function arrange() {
  const engine = Number(chosen("order"));
  const shown = cards.filter(
    (card) =>
      (!chosen("set") || card.dataset.set === chosen("set")) &&
      (!chosen("damage") || card.dataset.damage === chosen("damage")),
  );
  shown.sort((one, other) => loss(other, engine) - loss(one, engine));
  list.replaceChildren(...shown);
  document.getElementById("count").textContent = `${shown.length} / ${cards.length}`;
}

function speak(language) {
  page.lang = language;
  for (const option of document.querySelectorAll("option")) option.textContent = option.dataset[language];
}

for (const name of ["set", "damage", "order"]) document.getElementById(name).addEventListener("change", arrange);
document.getElementById("view").addEventListener("change", () => { page.dataset.view = chosen("view"); });
document.getElementById("language").addEventListener("click", () => speak(page.lang === "en" ? "zh" : "en"));
speak(navigator.language.startsWith("zh") ? "zh" : "en");
arrange();
