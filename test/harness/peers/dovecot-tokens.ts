import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { OAuth2Provider } from '../oauth2-provider.js';
import type { PeerDirectory } from './peer-process.js';

/**
 * The lines of a passdb that takes this provider's access tokens: signed by its key, issued by it,
 * not yet expired, and with the mailbox as `sub`. Dovecot checks them by itself.
 */
export function tokenPassdb(directory: PeerDirectory, { server }: OAuth2Provider): string {
  for (const key of server.issuer.keys.toJSON()) {
    const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    // AZP/ALG/KID; a token without azp is `default`
    directory.write(`keys/default/${key.alg}/${key.kid}`, pem);
  }
  const file = directory.write(
    'oauth2.conf',
    `introspection_mode = local
local_validation_key_dict = fs:posix:prefix=${directory.path}/keys/
issuers = ${server.issuer.url}
username_attribute = sub
`,
  );
  return `passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${file}
}`;
}
