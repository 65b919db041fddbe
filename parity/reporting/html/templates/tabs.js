"use strict";

/* Lines in several languages: the language that is chosen once is chosen everywhere. */
(() => {
  const KEY = "yolo-parity-language";
  const forms = [...document.querySelectorAll(".tabs")];

  const choose = (language) => {
    const wanted = forms.flatMap((form) => [...form.elements.language]);
    for (const radio of wanted) if (radio.value === language) radio.checked = true;
  };

  const copy = async (form) => {
    const lines = [...form.querySelectorAll("code")].find((code) => code.offsetParent);
    try {
      await navigator.clipboard.writeText(lines.textContent);
      return "Copied";
    } catch {  // closed to files in some browsers
      getSelection().selectAllChildren(lines);
      return document.execCommand("copy") ? "Copied" : "Selected; now copy";
    }
  };

  for (const form of forms) {
    const button = form.querySelector("button");
    const status = form.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => { status.textContent = await copy(form); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => {
      status.textContent = "";
      choose(event.target.value);
      try { localStorage.setItem(KEY, event.target.value); } catch { /* not kept */ }
    });
  }
  try { choose(localStorage.getItem(KEY)); } catch { /* storage may be closed to files */ }
})();
