// Ours: subject, HTML and text of a mail, from templates that were compiled and inlined at start.
import { inFlight } from '../in-flight.mjs';
import { resetRenderer } from '../mails.mjs';

export function start() {
  const render = resetRenderer();
  return { run: (amount) => inFlight(1, amount, render) };
}
