import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ReceivedMessage, SmtpServer } from './smtp-server.js';

/** The same socket under TLS, as the server's options want it. */
export function securedServerSide(
  socket: Socket,
  { options, certificate: { cert, key }, ca }: SmtpServer,
  onServername: (name: string) => void,
): TLSSocket {
  const { maxVersion, ciphers = 'DEFAULT@SECLEVEL=0', wantsClientCertificate } = options;
  socket.removeAllListeners('data');
  return new TLSSocket(socket, {
    isServer: true,
    cert,
    key,
    ...(maxVersion && { maxVersion, minVersion: 'TLSv1', ciphers }),
    ...(wantsClientCertificate && { requestCert: true, rejectUnauthorized: true, ca }),
    SNICallback: (name, done) => {
      onServername(name);
      done(null);
    },
    ...options.tlsOptions,
  });
}

/** How the connection is encrypted; undefined where it is not. */
export function tlsOf(socket: Socket, servername: string): ReceivedMessage['tls'] {
  if (!(socket instanceof TLSSocket)) return undefined;
  const version = socket.getProtocol() ?? '';
  const client = socket.getPeerX509Certificate()?.subject;
  // null, whatever its type says, once the client has gone
  const cipher = (socket.getCipher() as { name: string } | null)?.name ?? '';
  return { version, cipher, servername, client };
}
