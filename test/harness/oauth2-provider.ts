import { exportJWK, generateKeyPair } from 'jose';
import { OAuth2Server } from 'oauth2-mock-server';

/** A provider of OpenID Connect on loopback, who consents to everything; its tokens are JWTs. */
export interface OAuth2Provider extends AsyncDisposable {
  readonly server: OAuth2Server;
  readonly tokenUrl: string;
  readonly authorizationUrl: string;
}

export async function startOAuth2Provider(issuer?: string): Promise<OAuth2Provider> {
  const server = new OAuth2Server();
  // Its own way to make a key compares prototypes, which are others in a sandbox of Jest.
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  await server.issuer.keys.add({ ...(await exportJWK(privateKey)), alg: 'RS256' });
  await server.start(0, '127.0.0.1');
  const origin = `http://127.0.0.1:${server.address().port}`;
  server.issuer.url = issuer ?? origin;
  return {
    server,
    tokenUrl: `${origin}/token`,
    authorizationUrl: `${origin}/authorize`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
