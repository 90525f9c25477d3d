import type { SmtpSettings } from '#mailer-config';
import type { Authority } from '../certificates.js';
import { accountAt, type RelayPorts } from './endpoint.js';
import type { Case } from './matrix.js';

/** The account for a case of the matrix at a server that queues mail. */
export function relayAccount(
  ports: RelayPorts,
  { signIn, tls }: Case,
  clients: Authority,
): SmtpSettings {
  const implicit = tls === 'TLS';
  if (signIn === 'none')
    return accountAt(implicit ? ports.openImplicit : ports.open, {
      auth: { method: 'none' },
      ...(tls === 'clear' && { security: 'clear', requireTls: false }),
    });
  if (signIn === 'client certificate')
    return accountAt(implicit ? ports.certificateImplicit : ports.certificate, {
      auth: { method: 'none' },
      tls: clients.issue(['app.example.com']),
    });
  const method = signIn.toLowerCase() as SmtpSettings['auth']['method'];
  return accountAt(implicit ? ports.implicit : ports.starttls, { auth: { method } });
}

/** How the server has to say it took the mail (RFC 3848): with TLS, signed in. */
export function relayProtocol({ signIn, tls }: Case): string {
  const signedIn = signIn !== 'none' && signIn !== 'client certificate';
  return `esmtp${tls === 'clear' ? '' : 's'}${signedIn ? 'a' : ''}`;
}
