import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OAuth2Settings } from '#mailer-config';

/** One request for a token. */
export interface TokenCall {
  readonly params: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export interface TokenReply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON unless it is a text. */
  readonly body?: unknown;
}

/** Answers a request; or takes its socket and does to it what a bad provider does. */
export type TokenScript = (
  call: TokenCall,
  number: number,
  response: ServerResponse,
) => TokenReply | undefined | Promise<TokenReply | undefined>;

export interface TokenServer extends AsyncDisposable {
  readonly url: string;
  readonly calls: TokenCall[];
  script: TokenScript;
}

/** An access token of its own for each call, for an hour. */
export const grant: TokenScript = (_call, number) => ({
  body: { access_token: `access-${number}`, token_type: 'Bearer', expires_in: 3600 },
});

/** A provider's token endpoint on loopback that does what a test wants. */
export async function startTokenServer(script = grant): Promise<TokenServer> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // A path nobody else knows: other suites ask ports they take for dead, and one may be this.
  const path = `/${randomUUID()}/token`;
  const tokenServer: TokenServer = {
    url: `http://127.0.0.1:${port}${path}`,
    calls: [],
    script,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return tokenServer;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url !== path) return void response.writeHead(404).end();
    const call = { params: new URLSearchParams(await text(request)), headers: request.headers };
    tokenServer.calls.push(call);
    const reply = await tokenServer.script(call, tokenServer.calls.length, response);
    if (!reply) return;
    const { status = 200, headers = {}, body = '' } = reply;
    const isText = typeof body === 'string';
    response.writeHead(status, {
      'content-type': isText ? 'text/html' : 'application/json',
      ...headers,
    });
    response.end(isText ? body : JSON.stringify(body));
  }
}

/** The settings for a grant, at this provider. */
export function oauth2For(
  { url }: Pick<TokenServer, 'url'>,
  grant: OAuth2Settings['grant'],
  rest: Partial<OAuth2Settings> = {},
): OAuth2Settings {
  return {
    grant,
    tokenUrl: url,
    authorizationUrl: undefined,
    clientId: 'the-client',
    clientSecret: 'the-client-secret',
    scope: undefined,
    refreshToken: grant === 'refresh_token' ? 'refresh-0' : undefined,
    serviceAccount: undefined,
    ...rest,
  };
}
