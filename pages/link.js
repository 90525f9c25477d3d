// For the pages behind the links in mails. They work without it; it only adds comfort.

// The secret leaves the address bar, the history and every screenshot. The form keeps it.
if (location.search) history.replaceState(null, '', location.pathname);

document.getElementById('error')?.focus();

for (const box of document.querySelectorAll('[data-show-password]')) {
  const input = box.querySelector('input');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Show';
  button.setAttribute('aria-label', 'Show password');
  button.setAttribute('aria-controls', input.id);
  button.addEventListener('click', () => {
    const shown = input.type === 'text';
    input.type = shown ? 'password' : 'text';
    button.textContent = shown ? 'Show' : 'Hide';
    button.setAttribute('aria-label', shown ? 'Show password' : 'Hide password');
  });
  box.append(button);
  // A shown password would be offered again as ordinary text by the browser's form history.
  input.form.addEventListener('submit', () => {
    input.type = 'password';
  });
}
