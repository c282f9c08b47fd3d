// Passkeys: asks the browser for one, or to make one, and sends what it says in the form's field.
(() => {
  const known = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

  async function ask(form) {
    const { publicKey } = JSON.parse(form.dataset.options);
    if (form.dataset.passkey === "create") {
      const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
      return navigator.credentials.create({ publicKey: options });
    }
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
    return navigator.credentials.get({ publicKey: options });
  }

  async function send(form, said) {
    said.textContent = "Waiting for your device";
    try {
      const credential = await ask(form);
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      said.textContent = `The browser gave no passkey: ${error.message}`;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const said = form.querySelector("[data-passkey-said]");
    const button = form.querySelector("button[type=button]");
    if (!known) {
      said.textContent = "This browser does not know passkeys well enough. Use a code.";
      continue;
    }
    said.textContent = "";
    button.disabled = false;
    button.addEventListener("click", () => send(form, said));
  }
})();
