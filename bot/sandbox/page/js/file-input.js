/** The file input of a modal: at most 10 MB a file, uploaded as soon as it is chosen (Slack: file input element). */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { fileSize } from "./dates.js";
import { change, valueKey } from "./surface.js";

const LIMIT = 10 * 1000 * 1000;

/** Drawn once and kept while its block stays, so that an upload survives a changing form. */
export function fileInput(element, slot) {
  const key = valueKey(slot.blockId, element.action_id);
  const kept = slot.surface.kept.get(key) ?? draw(element, slot);
  slot.surface.kept.set(key, kept);
  const [input, choose] = [kept.querySelector("input"), kept.querySelector(".file-choose")];
  input.id = slot.id;
  input.setAttribute("aria-describedby", slot.describedBy ?? "");
  choose.htmlFor = slot.id;
  return kept;
}

function draw(element, slot) {
  const { surface, blockId } = slot;
  const rows = h("ul", { class: "file-rows" });
  const problem = h("p", { class: "file-problem", role: "alert" });
  const most = element.max_files ?? 10;
  const files = () => surface.get(blockId, element.action_id)?.files ?? [];
  const input = h("input", {
    type: "file",
    class: "sr-only",
    multiple: most > 1,
    accept: (element.filetypes ?? []).map((type) => `.${type}`).join(",") || null,
    "aria-label": slot.labelledBy ? null : slot.label,
  });
  const samples = fittingSamples(surface, element).map((sample) =>
    h("button", { type: "button", class: "button button-quiet", on: { click: () => addSample(sample) } }, `Use ${sample.name}`),
  );
  const drop = h(
    "div",
    { class: "file-drop" },
    icon("upload", 20),
    h("label", { class: "file-choose" }, most > 1 ? "Choose files" : "Choose a file"),
    h("span", { class: "file-note" }, `or drop it here · up to 10 MB${element.filetypes?.length ? ` · ${element.filetypes.join(", ")}` : ""}`),
    samples,
  );
  const node = h("div", { class: "file-input" }, input, drop, problem, rows);

  const put = (next) => change(element, slot, { type: "file_input", files: next });
  const refuse = (words) => {
    problem.textContent = words;
  };
  const showFile = (file, row = rows.appendChild(h("li", { class: "file-row" }))) => {
    const remove = h("button", { type: "button", class: "button button-icon", "aria-label": `Remove ${file.name}` }, icon("close", 14));
    remove.addEventListener("click", () => {
      row.remove();
      put(files().filter((one) => one.id !== file.id));
      input.focus();
    });
    fill(row, icon("check", 16), h("span", { class: "file-row-name" }, file.name), h("span", { class: "file-row-size" }, fileSize(file.size)), remove);
  };
  const room = () => most - rows.childElementCount;

  async function addSample(sample) {
    refuse("");
    if (room() < 1) return refuse(`At most ${most} ${most === 1 ? "file" : "files"}: remove one first.`);
    try {
      const { file } = await surface.api.sample(sample.name);
      showFile(file);
      await put([...files(), file]);
    } catch (error) {
      refuse(error.message);
    }
  }

  async function addFile(file) {
    const row = rows.appendChild(h("li", { class: "file-row" }));
    const bar = h("progress", { max: "1", value: "0", "aria-label": `Uploading ${file.name}` });
    fill(row, bar, h("span", { class: "file-row-name" }, file.name));
    surface.uploads = (surface.uploads ?? 0) + 1;
    try {
      const uploaded = await surface.api.upload(file, (part) => bar.setAttribute("value", String(part)));
      showFile(uploaded, row);
      await put([...files(), uploaded]);
    } catch (error) {
      row.remove();
      refuse(error.message);
    } finally {
      surface.uploads -= 1;
    }
  }

  function take(list) {
    refuse("");
    for (const file of list) {
      if (room() < 1) return refuse(`At most ${most} ${most === 1 ? "file" : "files"}: remove one first.`);
      if (file.size > LIMIT) return refuse(`${file.name} is ${fileSize(file.size)}. A form takes up to 10 MB: send larger files in a message.`);
      if (!typeAllowed(element, file.name)) return refuse(`${file.name} is not one of: ${element.filetypes.join(", ")}.`);
      addFile(file);
    }
  }

  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("file-drop-over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("file-drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    drop.classList.remove("file-drop-over");
    take([...event.dataTransfer.files]);
  });
  files().forEach((file) => showFile(file));
  return node;
}

const extension = (name) => name.split(".").at(-1).toLowerCase();

function typeAllowed(element, name) {
  const types = (element.filetypes ?? []).map((type) => type.toLowerCase().replace(/^\./, ""));
  return types.length === 0 || types.includes(extension(name)) || (types.includes("jpg") && extension(name) === "jpeg");
}

function fittingSamples(surface, element) {
  return (surface.workspace.bootstrap.samples ?? []).filter((sample) => sample.size <= LIMIT && typeAllowed(element, sample.name));
}
