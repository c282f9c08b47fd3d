// Copy buttons: hidden in the page, shown here, because they are the one thing that needs a script.
(() => {
  const FOR_MS = 1500;

  function textOf(button) {
    return button.dataset.copy ?? button.closest(".code").querySelector("pre").textContent;
  }

  async function copy(button) {
    const said = document.getElementById("said");
    try {
      await navigator.clipboard.writeText(textOf(button));
      button.dataset.copied = "";
      said.textContent = "Copied";
    } catch {
      said.textContent = "The browser did not allow copying. Select the text and copy it by hand.";
    }
    setTimeout(() => {
      delete button.dataset.copied;
      said.textContent = "";
    }, FOR_MS);
  }

  function show(root) {
    for (const button of root.querySelectorAll("button.copy[hidden]")) button.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });
  document.addEventListener("htmx:afterSwap", () => show(document));
  show(document);
})();
