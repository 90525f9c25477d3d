// Ours: the transport with its composing, no database and no rendering.
import { openTransport } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { sixKibibytes } from '../mails.mjs';

/** @param secure user and password: over STARTTLS, signed in */
export function start({ port, connections, window, atOnce, secure }) {
  const env = secure && {
    SMTP_USERNAME: secure.user,
    SMTP_PASSWORD: secure.pass,
    SMTP_REQUIRE_TLS: 'true',
    SMTP_TLS_INSECURE: 'true',
  };
  const transport = openTransport({ port, connections, window, env });
  const message = sixKibibytes();
  return {
    /** Connected, so that a round measures the way of mails and not that of connections. */
    prepare: () => inFlight(connections, { mails: connections }, (i) => transport.send(message(i))),
    run: (amount) => inFlight(atOnce, amount, (i) => transport.send(message(i))),
    stop: () => transport.close(),
  };
}
